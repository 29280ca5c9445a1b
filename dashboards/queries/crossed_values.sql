-- crossed_values: for each of some pairs the most frequent values of one side under a filter of the other, a page of rows
SELECT pair, value, visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls,
  count() OVER (PARTITION BY pair) AS values
FROM (
  SELECT pair,
    if({filter_first:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)], pairs.second, pairs.first) AS value,
    sum(visitors) AS visitors, sum(visits) AS visits, sum(pageviews) AS pageviews, sum(events) AS events,
    sum(bounces) AS bounces, sum(seconds) AS seconds, sum(scroll) AS scroll, sum(scrolls) AS scrolls
  FROM pairs
  WHERE site = {site:String} AND pair IN {pairs:Array(String)} AND node = ''
    AND day BETWEEN {since:Date} AND {until:Date}
    AND multiIf(
      {operator:String} = 'is', has({values:Array(String)},
        if({filter_first:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)], pairs.first, pairs.second)),
      {operator:String} = 'is_not', NOT has({values:Array(String)},
        if({filter_first:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)], pairs.first, pairs.second)),
      {operator:String} = 'contains', arrayExists(text -> position(
        if({filter_first:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)], pairs.first, pairs.second), text) > 0,
        {values:Array(String)}),
      {operator:String} = 'contains_not', NOT arrayExists(text -> position(
        if({filter_first:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)], pairs.first, pairs.second), text) > 0,
        {values:Array(String)}),
      true)
  GROUP BY pair, value
  HAVING (visits != 0 OR pageviews != 0 OR events != 0)
    AND ({text:String} = '' OR positionCaseInsensitiveUTF8(value, {text:String}) > 0)
    AND (empty({only:Array(String)}) OR has({only:Array(String)}, value))
)
ORDER BY pair, value = '(rare)',
  [visitors, visits, pageviews, events, bounces, seconds, scroll, scrolls][
    {metrics:Array(UInt8)}[indexOf({pairs:Array(String)}, pair)]] DESC, value
LIMIT {skip:UInt64}, {rows:UInt64} BY pair
