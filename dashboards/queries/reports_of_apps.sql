-- reports_of_apps: crash reports of some apps, a row for every app, day and group of a span
SELECT app, day, group, sum(reports)
FROM crash_cells
WHERE app IN {apps:Array(UInt32)} AND attribute = 'release'
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY app, day, group
ORDER BY app, day
