"""What pages carry that others made: how it is fetched and drawn anew."""
