-- crash_exemplar: the newest stack of a crash group or of what was merged into it, its first and last day, the grouping
SELECT argMaxIf(type, (group = {group:String}, week), type != ''),
  argMaxIf(function, (group = {group:String}, week), type != ''),
  argMaxIf(exemplar, (group = {group:String}, week), exemplar != ''),
  argMaxIf(algorithm, (group = {group:String}, week), type != ''), min(first_day), max(last_day), count()
FROM crash_groups
WHERE app = {app:UInt32} AND group IN {groups:Array(String)} AND node = ''
