-- release_days: reports of an app by release and day, and with each the groups that had them
SELECT value, day, sum(reports), groupUniqArray(group)
FROM crash_cells
WHERE app = {app:UInt32} AND attribute = 'release' AND node = ''
GROUP BY value, day
HAVING sum(reports) != 0
