-- crash_exemplar: the newest stack of one crash group, its first and last day, and the grouping that made it
SELECT argMaxIf(type, week, type != ''), argMaxIf(function, week, type != ''), argMaxIf(exemplar, week, exemplar != ''),
  argMaxIf(algorithm, week, type != ''), min(first_day), max(last_day), count()
FROM crash_groups
WHERE app = {app:UInt32} AND group = {group:String} AND node = ''
