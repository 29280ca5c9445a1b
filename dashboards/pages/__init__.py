"""Pages: each reads its numbers and returns a `Page`. `routes` says where it is and who may see it."""
