-- totals_by_day: the totals of one site, a row for every day of a span
SELECT day, sum(visitors), sum(visits), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(scroll), sum(scrolls)
FROM hours
WHERE site = {site:String} AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY day
ORDER BY day
