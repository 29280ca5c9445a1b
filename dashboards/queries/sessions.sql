-- sessions: sessions and installations of an app by bucket of days and release, or its totals (`''`) only
SELECT
  multiIf({bucket:String} = 'day', day, {bucket:String} = 'week', toMonday(day),
    {bucket:String} = 'month', toStartOfMonth(day), toDate('1970-01-01')) AS start,
  release,
  sum(sessions), sum(crashed), sum(errored), sum(abnormal), sum(installs), sum(crashed_installs)
FROM sessions
WHERE app = {app:UInt32} AND (release = '') = {totals:Bool}
  AND day BETWEEN {since:Date} AND {until:Date} AND node = ''
GROUP BY start, release
