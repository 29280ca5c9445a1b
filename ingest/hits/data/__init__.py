"""Lists of hosts, and what builds them; README.md says where each is from."""
