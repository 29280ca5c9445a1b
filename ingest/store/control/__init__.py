"""The small SQLite database of the people who may look: users, sessions, one-time links, tokens, facts, reviews.

Nothing here is about visitors. Secrets are kept as digests, days as days: a session shows the day it began and
the day it ends, never a moment, an address or a browser.
"""
