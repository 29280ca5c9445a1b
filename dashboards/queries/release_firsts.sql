-- release_firsts: the first day of every release of an app
SELECT value, min(day)
FROM crash_cells
WHERE app = {app:UInt32} AND attribute = 'release' AND node = ''
GROUP BY value
HAVING sum(reports) > 0
