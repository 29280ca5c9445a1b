-- pairs: two attributes of a site, by bucket of days and, when wanted, by either value, filtered by one of them
SELECT
  multiIf({bucket:String} = 'day', day, {bucket:String} = 'week', toMonday(day),
    {bucket:String} = 'month', toStartOfMonth(day), toDate('1970-01-01')) AS start,
  if({by_first:Bool}, pairs.first, '') AS one,
  if({by_second:Bool}, pairs.second, '') AS two,
  sum(visitors), sum(visits), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(scroll), sum(scrolls)
FROM pairs
WHERE site = {site:String} AND pair = {pair:String}
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
  AND multiIf(
    {operator:String} = 'is', has({values:Array(String)}, if({filter_first:Bool}, pairs.first, pairs.second)),
    {operator:String} = 'is_not', NOT has({values:Array(String)}, if({filter_first:Bool}, pairs.first, pairs.second)),
    {operator:String} = 'contains', arrayExists(text -> position(if({filter_first:Bool}, pairs.first, pairs.second), text) > 0, {values:Array(String)}),
    {operator:String} = 'contains_not', NOT arrayExists(text -> position(if({filter_first:Bool}, pairs.first, pairs.second), text) > 0, {values:Array(String)}),
    true)
GROUP BY start, one, two
