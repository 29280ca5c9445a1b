-- crash_attributes: reports of one crash group by attribute and value
SELECT attribute, value, sum(reports) AS reports
FROM crash_cells
WHERE app = {app:UInt32} AND group = {group:String}
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY attribute, value
ORDER BY attribute, reports DESC, value
