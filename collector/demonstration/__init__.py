"""The demonstration: a website of pages that carry the beacon, and a month of made-up submissions.

`pages/` is served under `/demo/`; it is the site of a product that does not exist, and says so. `history` makes
the lines of a replay file, so that a first start has something to show that came through the real pipeline.
"""
