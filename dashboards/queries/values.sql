-- values: the values of one attribute of a site that pass a filter, a page of rows, and how many there are
SELECT value, visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls, count() OVER () AS values
FROM (
  SELECT value, sum(visitors) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews,
    sum(events) AS events, sum(bounces) AS bounces, sum(seconds) AS seconds, sum(scroll) AS scroll,
    sum(scrolls) AS scrolls
  FROM cells
  WHERE site = {site:String} AND attribute = {attribute:String}
    AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
    AND ({text:String} = '' OR positionCaseInsensitiveUTF8(value, {text:String}) > 0)
    AND multiIf(
      {operator:String} = 'is', has({values:Array(String)}, value),
      {operator:String} = 'is_not', NOT has({values:Array(String)}, value),
      {operator:String} = 'contains', arrayExists(text -> position(value, text) > 0, {values:Array(String)}),
      {operator:String} = 'contains_not', NOT arrayExists(text -> position(value, text) > 0, {values:Array(String)}),
      true)
  GROUP BY value
  HAVING visits != 0 OR pageviews != 0 OR events != 0
)
ORDER BY value = '(rare)',
  [visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls][{metric:UInt8}] DESC, value
LIMIT {rows:UInt64} OFFSET {skip:UInt64}
