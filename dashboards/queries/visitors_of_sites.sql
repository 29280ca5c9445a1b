-- visitors_of_sites: visitors of some sites, a row for every site and day of a span
SELECT site, day, sum(visitors)
FROM hours
WHERE site IN {sites:Array(String)} AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY site, day
ORDER BY site, day
