"""The small SQLite database of the people who may look: users, sessions, links, tokens, facts, reviews, annotations.

Beside them stands what they decided about crash groups, and whom to tell. Nothing here is about visitors or about the
people whose apps crash. Secrets are kept as digests, days as days: a session shows the day it began and the day it
ends, never a moment, an address or a browser. Only what a member changed bears a minute.
"""
