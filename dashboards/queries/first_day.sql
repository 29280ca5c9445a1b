-- first_day: the first day of a site that has a total; no row where there is none
SELECT min(day)
FROM hours
WHERE site = {site:String} AND node = ''
GROUP BY site
