-- inventory_parts_of: how much every table holds about one site or app: rows, bytes on disk and the oldest day
SELECT table, sum(rows), sum(bytes_on_disk), minIf(min_date, min_date > toDate('1970-01-01'))
FROM system.parts
WHERE database = currentDatabase() AND active
  AND if(table IN ('crash_cells', 'crash_groups'),
    {app:String} != '' AND startsWith(partition, {app:String}), startsWith(partition, {owner:String}))
GROUP BY table
ORDER BY table
