-- False alarms by kind of sound: alarms of each model in recordings without a crying baby, and how many that is an hour.
SELECT
  model_sha256,
  kind,
  COUNT(*) AS recordings,
  SUM(duration_s) / 3600 AS hours,
  SUM(alarms) AS false_alarms,
  SUM(alarms) / (SUM(duration_s) / 3600) AS false_alarms_per_hour
FROM score_summaries
WHERE source = 'recording' AND NOT is_cry
GROUP BY model_sha256, kind
ORDER BY model_sha256, false_alarms_per_hour DESC, kind
