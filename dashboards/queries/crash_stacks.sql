-- crash_stacks: every name and stack of an app's crash groups that holds all of some words, whatever their case
SELECT DISTINCT group, type, function, exemplar
FROM crash_groups
WHERE app = {app:UInt32} AND node = ''
  AND arrayAll(word -> positionCaseInsensitiveUTF8(concat(type, '\n', function, '\n', exemplar), word) > 0,
    {words:Array(String)})
