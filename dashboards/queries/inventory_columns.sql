-- inventory_columns: every column of every table, with what it holds
SELECT table, name, type, comment
FROM system.columns
WHERE database = currentDatabase() AND table IN (
  SELECT name FROM system.tables WHERE database = currentDatabase() AND engine NOT IN ('View', 'MaterializedView'))
ORDER BY table, position
