"""The way in: from a request to a counter in ClickHouse.

`boundary` takes the address away before anything else runs; `hits` and `crashes` read submissions;
`counters` decides what may leave memory; `store` writes it.
"""
