-- audit: every referring host of a site, all time: its counts, and the first and the last day with a visit
SELECT value, minIf(day, visits > 0), maxIf(day, visits > 0),
  sum(visitors), sum(visits), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(scroll), sum(scrolls)
FROM (
  SELECT value, day, sum(visitors) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews,
    sum(events) AS events, sum(bounces) AS bounces, sum(seconds) AS seconds, sum(scroll) AS scroll,
    sum(scrolls) AS scrolls
  FROM cells
  WHERE site = {site:String} AND attribute = {attribute:String} AND node = ''
  GROUP BY value, day
)
GROUP BY value
