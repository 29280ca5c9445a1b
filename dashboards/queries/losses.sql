-- losses: what the SDKs of an app say that they could not send, by category and reason
SELECT category, reason, sum(lost)
FROM losses
WHERE app = {app:UInt32} AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY category, reason
