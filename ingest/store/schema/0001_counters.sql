-- 0001_counters: every table that Logless keeps. The comments are the privacy page's inventory.
-- {engine} is AggregatingMergeTree or its replicated form; {on_cluster} is empty on one node.
-- Rows bearing a node name are that node's batch marker: `sequence` is the newest batch in that partition,
-- written in the same block as the batch, so a replay after a crash can tell what is already there.

CREATE TABLE IF NOT EXISTS hours {on_cluster} (
  site String COMMENT 'id of the site, as the operator configured it',
  day Date COMMENT 'local date of the site',
  hour Int8 COMMENT 'local hour in which the visits began; -1: the whole day, when it had too few visits',
  node String COMMENT 'empty, or the node whose batch marker this is',
  visitors SimpleAggregateFunction(sum, Int64) COMMENT 'browsers first seen that day',
  visits SimpleAggregateFunction(sum, Int64) COMMENT 'visits begun',
  pageviews SimpleAggregateFunction(sum, Int64) COMMENT 'pages viewed',
  events SimpleAggregateFunction(sum, Int64) COMMENT 'events sent',
  bounces SimpleAggregateFunction(sum, Int64) COMMENT 'visits of one page, no event and under ten engaged seconds',
  seconds SimpleAggregateFunction(sum, Int64) COMMENT 'engaged seconds',
  scroll SimpleAggregateFunction(sum, Int64) COMMENT 'sum of the deepest scrolled percent of pages',
  scrolls SimpleAggregateFunction(sum, Int64) COMMENT 'pages that told a depth',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (site, toYYYYMM(day)) ORDER BY (site, day, hour, node);

CREATE TABLE IF NOT EXISTS cells {on_cluster} (
  site String COMMENT 'id of the site, as the operator configured it',
  attribute LowCardinality(String) COMMENT 'which property of visits this row is about',
  day Date COMMENT 'local date of the site',
  value String COMMENT 'a value that at least k people shared that day, or that is on a printed list, or (rare)',
  node String COMMENT 'empty, or the node whose batch marker this is',
  visitors SimpleAggregateFunction(sum, Int64) COMMENT 'browsers first seen that day with this value',
  visits SimpleAggregateFunction(sum, Int64) COMMENT 'visits with this value',
  pageviews SimpleAggregateFunction(sum, Int64) COMMENT 'pages viewed in those visits',
  events SimpleAggregateFunction(sum, Int64) COMMENT 'events sent in those visits',
  bounces SimpleAggregateFunction(sum, Int64) COMMENT 'visits of one page, no event and under ten engaged seconds',
  seconds SimpleAggregateFunction(sum, Int64) COMMENT 'engaged seconds',
  scroll SimpleAggregateFunction(sum, Int64) COMMENT 'sum of the deepest scrolled percent of pages',
  scrolls SimpleAggregateFunction(sum, Int64) COMMENT 'pages that told a depth',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (site, toYYYYMM(day)) ORDER BY (site, attribute, day, value, node);

CREATE TABLE IF NOT EXISTS pairs {on_cluster} (
  site String COMMENT 'id of the site, as the operator configured it',
  pair LowCardinality(String) COMMENT 'which two properties of visits this row is about',
  day Date COMMENT 'local date of the site; of goals, which are told by week, its Monday',
  first String COMMENT 'value of the first property, disclosed on its own too',
  second String COMMENT 'value of the second property, disclosed on its own too',
  node String COMMENT 'empty, or the node whose batch marker this is',
  visitors SimpleAggregateFunction(sum, Int64) COMMENT 'browsers first seen that day with both values',
  visits SimpleAggregateFunction(sum, Int64) COMMENT 'visits with both values',
  pageviews SimpleAggregateFunction(sum, Int64) COMMENT 'pages viewed in those visits',
  events SimpleAggregateFunction(sum, Int64) COMMENT 'events sent in those visits',
  bounces SimpleAggregateFunction(sum, Int64) COMMENT 'visits of one page, no event and under ten engaged seconds',
  seconds SimpleAggregateFunction(sum, Int64) COMMENT 'engaged seconds',
  scroll SimpleAggregateFunction(sum, Int64) COMMENT 'sum of the deepest scrolled percent of pages',
  scrolls SimpleAggregateFunction(sum, Int64) COMMENT 'pages that told a depth',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (site, toYYYYMM(day)) ORDER BY (site, pair, day, first, second, node);

CREATE TABLE IF NOT EXISTS crash_cells {on_cluster} (
  app UInt32 COMMENT 'number of the app, as the operator configured it',
  group String COMMENT 'sixteen hex digits: digest of exception types and code names, the same for everybody who met this crash',
  attribute LowCardinality(String) COMMENT 'which property of crash reports this row is about',
  day Date COMMENT 'local date of the app',
  value String COMMENT 'a release, a value on a printed or declared list, one that k people shared, or (rare)',
  node String COMMENT 'empty, or the node whose batch marker this is',
  reports SimpleAggregateFunction(sum, Int64) COMMENT 'reports received',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (app, toYYYYMM(day)) ORDER BY (app, group, attribute, day, value, node);

CREATE TABLE IF NOT EXISTS crash_groups {on_cluster} (
  app UInt32 COMMENT 'number of the app, as the operator configured it',
  group String COMMENT 'sixteen hex digits: digest of exception types and code names',
  week Date COMMENT 'Monday of the week',
  node String COMMENT 'empty, or the node whose batch marker this is',
  algorithm SimpleAggregateFunction(max, UInt8) COMMENT 'version of the grouping algorithm',
  type SimpleAggregateFunction(anyLast, String) COMMENT 'exception type, a name of code',
  function SimpleAggregateFunction(anyLast, String) COMMENT 'function in which it happened, a name of code',
  exemplar SimpleAggregateFunction(anyLast, String) COMMENT 'one stack of names of code for the week, as JSON of the closed schema',
  first_day SimpleAggregateFunction(min, Date) COMMENT 'first day of the week with a report',
  last_day SimpleAggregateFunction(max, Date) COMMENT 'last day of the week with a report',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (app, toYYYYMM(week)) ORDER BY (app, group, week, node);

CREATE TABLE IF NOT EXISTS refusals {on_cluster} (
  owner String COMMENT 'a site, app:N, or (unknown)',
  day Date COMMENT 'local date of the owner',
  reason LowCardinality(String) COMMENT 'one of a closed list of reasons',
  node String COMMENT 'empty, or the node whose batch marker this is',
  submissions SimpleAggregateFunction(sum, Int64) COMMENT 'submissions not counted, for this reason',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (owner, toYYYYMM(day)) ORDER BY (owner, day, reason, node);
