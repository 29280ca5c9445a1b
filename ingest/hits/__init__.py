"""Web analytics: from a submission of the beacon to amounts in cells.

In the order in which a page view travels: `endpoint` reads the request, `wire` its body, `steps` turn it into a
`hit` or refuse it, `visits` fold it into the visit that it belongs to, and at the end of the loop's turn the
changed visits become amounts under keys. `attributes` holds one file for each breakdown.
"""
