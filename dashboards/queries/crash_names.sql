-- crash_names: type and function of every crash group of an app, and the days between which it was seen
SELECT group, argMaxIf(type, week, type != ''), argMaxIf(function, week, type != ''), min(first_day), max(last_day)
FROM crash_groups
WHERE app = {app:UInt32} AND node = ''
GROUP BY group
