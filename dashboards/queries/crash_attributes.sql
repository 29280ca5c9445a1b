-- crash_attributes: reports of some crash groups by attribute and value
SELECT attribute, value, sum(reports) AS reports
FROM crash_cells
WHERE app = {app:UInt32} AND group IN {groups:Array(String)}
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY attribute, value
ORDER BY attribute, reports DESC, value
