-- cells: one attribute of a site, by bucket of days and, when wanted, by value, filtered by that same attribute
SELECT
  multiIf({bucket:String} = 'day', day, {bucket:String} = 'week', toMonday(day),
    {bucket:String} = 'month', toStartOfMonth(day), toDate('1970-01-01')) AS start,
  if({by_value:Bool}, value, '') AS first,
  '' AS second,
  sum(visitors), sum(visits), sum(pageviews), sum(events), sum(bounces), sum(seconds), sum(scroll), sum(scrolls)
FROM cells
WHERE site = {site:String} AND attribute = {attribute:String}
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
  AND multiIf(
    {operator:String} = 'is', has({values:Array(String)}, value),
    {operator:String} = 'is_not', NOT has({values:Array(String)}, value),
    {operator:String} = 'contains', arrayExists(text -> position(value, text) > 0, {values:Array(String)}),
    {operator:String} = 'contains_not', NOT arrayExists(text -> position(value, text) > 0, {values:Array(String)}),
    true)
GROUP BY start, first
