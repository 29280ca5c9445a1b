-- first_day: the first day of a site that has a total, and how many hours have one
SELECT min(day), count()
FROM hours
WHERE site = {site:String} AND node = ''
