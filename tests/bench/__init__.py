"""`make bench`: how fast Logless is, as ratios to what the same server can do at all, measured in the same run."""
