-- inventory_parts: how much every table holds: rows, bytes on disk and the oldest day
SELECT table, sum(rows), sum(bytes_on_disk), minIf(min_date, min_date > toDate('1970-01-01'))
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
ORDER BY table
