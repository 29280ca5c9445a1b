-- audit_goals: browsers that reached a goal, a row for every week, goal and source of a site
SELECT toMonday(day) AS week, pairs.first AS goal, pairs.second AS source, sum(visitors) AS converters
FROM pairs
WHERE site = {site:String} AND pair = 'goal*source' AND node = ''
  AND ({source:String} = '' OR pairs.second = {source:String})
GROUP BY week, goal, source
HAVING converters > 0
ORDER BY week DESC, goal, source
