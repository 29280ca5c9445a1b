-- crashes: reports of an app by bucket of days, group and value of one attribute; of some groups and values or of all
SELECT
  multiIf({bucket:String} = 'day', day, {bucket:String} = 'week', toMonday(day),
    {bucket:String} = 'month', toStartOfMonth(day), toDate('1970-01-01')) AS start,
  group,
  if({by_value:Bool}, value, '') AS of,
  sum(reports)
FROM crash_cells
WHERE app = {app:UInt32} AND attribute = {attribute:String}
  AND (empty({groups:Array(String)}) OR group IN {groups:Array(String)})
  AND (empty({values:Array(String)}) OR value IN {values:Array(String)})
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY start, group, of
