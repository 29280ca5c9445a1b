-- crash_formers: reports by the known group that the algorithm before put them in and the present one, and which exist
WITH known AS (
  SELECT group FROM crash_groups
  WHERE app = {app:UInt32} AND node = ''
  UNION ALL SELECT arrayJoin({known:Array(String)})
)
SELECT value, group, sum(reports)
FROM crash_cells
WHERE app = {app:UInt32} AND attribute = 'former' AND node = '' AND value IN known
GROUP BY value, group
HAVING sum(reports) > 0
UNION ALL
SELECT DISTINCT group, '', 0 FROM known WHERE group IN {unwritten:Array(String)}
