-- crash_facets: reports of an app by attribute and value
SELECT attribute, value, sum(reports)
FROM crash_cells
WHERE app = {app:UInt32} AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY attribute, value
