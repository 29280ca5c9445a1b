"""The same program with its hot path in C, and what shows that it is the same."""
