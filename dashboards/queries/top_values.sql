-- top_values: for each of some attributes of a site the most frequent values of a span, and (rare), and how many there are
SELECT attribute, value, visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls,
  count() OVER (PARTITION BY attribute) AS values
FROM (
  SELECT attribute, value, sum(visitors) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews,
    sum(events) AS events, sum(bounces) AS bounces, sum(seconds) AS seconds, sum(scroll) AS scroll,
    sum(scrolls) AS scrolls
  FROM cells
  WHERE site = {site:String} AND attribute IN {attributes:Array(String)}
    AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
    AND (empty({only:Array(String)}) OR has({only:Array(String)}, value))
  GROUP BY attribute, value
  HAVING visits != 0 OR pageviews != 0 OR events != 0
)
ORDER BY attribute, value = '(rare)' DESC,
  [visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls][
    {metrics:Array(UInt8)}[indexOf({attributes:Array(String)}, attribute)]] DESC, value
LIMIT {rows:UInt32} BY attribute
