"""The way out: from counters to pages, and to programs that ask.

`routes` lists every address with the permission that it needs; nothing answers that is not in the list. A page
in `pages` asks `figures` (sites) or `reports` (apps) for numbers, which add what the store holds to what `Live`
still holds in memory, and hands a `Page` to `shell`, which writes it as HTML, JSON or CSV. `stats` answers the
Stats API from the same figures. SQL is in `queries`, one file per question. `triage` says where crash groups stand:
what their team decided, judged by the reports that came since. `alerts` tells the team of a site or
app what it wants to be told.
"""
