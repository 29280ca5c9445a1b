-- refusals: submissions of one owner that were not counted, by bucket of days and reason
SELECT
  multiIf({bucket:String} = 'day', day, {bucket:String} = 'week', toMonday(day),
    {bucket:String} = 'month', toStartOfMonth(day), toDate('1970-01-01')) AS start,
  reason,
  sum(submissions)
FROM refusals
WHERE owner = {owner:String} AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY start, reason
