-- 0002_sessions: runs of apps by release and day, and what SDKs say that they could not send.
-- No column holds a session or an installation: their ids are compared in memory, under a key of the day.

CREATE TABLE IF NOT EXISTS sessions {on_cluster} (
  app UInt32 COMMENT 'number of the app, as the operator configured it',
  day Date COMMENT 'local date of the app on which it was heard of',
  release String COMMENT 'a release, or (rare); empty: the totals of the day, over all releases',
  node String COMMENT 'empty, or the node whose batch marker this is',
  sessions SimpleAggregateFunction(sum, Int64) COMMENT 'runs of the app begun',
  crashed SimpleAggregateFunction(sum, Int64) COMMENT 'runs that ended in a crash',
  errored SimpleAggregateFunction(sum, Int64) COMMENT 'runs with an error that ended neither in a crash nor abnormally',
  abnormal SimpleAggregateFunction(sum, Int64) COMMENT 'runs that ended abnormally: not responding, or stopped from outside',
  installs SimpleAggregateFunction(sum, Int64) COMMENT 'installations first heard of that day',
  crashed_installs SimpleAggregateFunction(sum, Int64) COMMENT 'installations with a crash first heard of that day',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (app, toYYYYMM(day)) ORDER BY (app, day, release, node);

CREATE TABLE IF NOT EXISTS losses {on_cluster} (
  app UInt32 COMMENT 'number of the app, as the operator configured it',
  day Date COMMENT 'local date of the app on which it was heard of',
  category LowCardinality(String) COMMENT 'kind of what was lost: one of a closed list of the protocol',
  reason LowCardinality(String) COMMENT 'why the SDK did not send it: one of a closed list of the protocol, or other',
  node String COMMENT 'empty, or the node whose batch marker this is',
  lost SimpleAggregateFunction(sum, Int64) COMMENT 'how many the SDKs say they lost',
  sequence SimpleAggregateFunction(max, UInt64) COMMENT 'number of the newest batch; bears no time'
) ENGINE = {engine} PARTITION BY (app, toYYYYMM(day)) ORDER BY (app, day, category, reason, node);
