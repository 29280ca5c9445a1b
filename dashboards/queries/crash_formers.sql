-- crash_formers: reports by the known group that the algorithm before put them in and the present one, and which exist
SELECT value, group, sum(reports)
FROM crash_cells
WHERE app = {app:UInt32} AND attribute = 'former' AND node = ''
  AND (value IN {known:Array(String)} OR value IN (SELECT group FROM crash_groups WHERE app = {app:UInt32} AND node = ''))
GROUP BY value, group
HAVING sum(reports) > 0
UNION ALL
SELECT group, '', 0
FROM crash_groups
WHERE app = {app:UInt32} AND group IN {unwritten:Array(String)} AND node = ''
GROUP BY group
