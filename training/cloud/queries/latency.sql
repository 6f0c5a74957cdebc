-- Latency of each model on reviewed recordings of cries: the share with an alarm, and seconds from first crying to alarm.
WITH cries AS (
  SELECT model_sha256, alarms, latency_s FROM score_summaries WHERE source = 'recording' AND is_cry
),
timed AS (
  SELECT
    model_sha256,
    latency_s,
    ROW_NUMBER() OVER (PARTITION BY model_sha256 ORDER BY latency_s) AS place,
    COUNT(*) OVER (PARTITION BY model_sha256) AS n
  FROM cries
  WHERE latency_s IS NOT NULL
),
quantiles AS (
  SELECT
    model_sha256,
    AVG(CASE WHEN 2 * place BETWEEN n AND n + 2 THEN latency_s END) AS median_s,
    MIN(CASE WHEN 10 * place >= 9 * n THEN latency_s END) AS ninth_tenth_s
  FROM timed
  GROUP BY model_sha256
)
SELECT
  cries.model_sha256,
  COUNT(*) AS recordings,
  COUNTIF(cries.alarms > 0) / COUNT(*) AS share_with_alarm,
  COUNTIF(cries.latency_s IS NOT NULL) AS timed,
  MAX(quantiles.median_s) AS median_s,
  MAX(quantiles.ninth_tenth_s) AS ninth_tenth_s
FROM cries
LEFT JOIN quantiles ON quantiles.model_sha256 = cries.model_sha256
GROUP BY cries.model_sha256
ORDER BY cries.model_sha256
