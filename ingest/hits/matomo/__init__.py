"""`/matomo.php`: takes what Matomo's trackers send, unmodified.

In the order in which a request travels: `endpoint` reads it, `calls` parts it into tracking requests, `parameters`
reads each of these, and `submission` says in the words of `POST /api/event` what it tells. From there on it goes the
way of every other submission: there is no second pipeline.

The protocol is that of Matomo's Tracking HTTP API, version 5: https://developer.matomo.org/api-reference/tracking-api
"""
