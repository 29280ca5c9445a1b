"""The small SQLite database of the people who may look: users, sessions, links, tokens, facts, reviews, annotations.

Nothing here is about visitors. Secrets are kept as digests, days as days: a session shows the day it began and
the day it ends, never a moment, an address or a browser. Only the log of members' own actions tells the minute.
"""
