"""The Stats API, in the shape of Plausible's Stats API v2.

`question` reads what is asked, refusing by name; `visits`, `crashes` and `refused` answer it from the same
figures as the pages; `answer` orders the rows, cuts the page and adds the envelope.
"""
