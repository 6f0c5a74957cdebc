-- Nights of each device: cries, minutes of crying, mean seconds until the last sound of crying, and false alarms by mark.
SELECT
  device,
  night,
  COUNTIF(COALESCE(cry, TRUE)) AS cries,
  SUM(CASE WHEN COALESCE(cry, TRUE) THEN duration_s ELSE 0 END) / 60 AS crying_min,
  AVG(CASE WHEN COALESCE(cry, TRUE) AND reason = 'calm' THEN settled_in_s END) AS settled_in_s,
  COUNTIF(NOT COALESCE(cry, TRUE)) AS false_alarms
FROM episodes
GROUP BY device, night
ORDER BY device, night
