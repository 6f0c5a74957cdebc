-- Time to calm by sound: how often each sound was tried and judged, the share that it calmed, and the median seconds.
WITH tried AS (
  SELECT sound_1 AS sound, outcome_1 AS outcome, took_1_s AS took_s FROM episodes
  UNION ALL
  SELECT sound_2, outcome_2, took_2_s FROM episodes
  UNION ALL
  SELECT sound_3, outcome_3, took_3_s FROM episodes
),
judged AS (
  SELECT sound, outcome, took_s FROM tried WHERE outcome IN ('calm', 'same', 'worse')
),
calmed AS (
  SELECT
    sound,
    took_s,
    ROW_NUMBER() OVER (PARTITION BY sound ORDER BY took_s) AS place,
    COUNT(*) OVER (PARTITION BY sound) AS n
  FROM judged
  WHERE outcome = 'calm'
),
medians AS (
  SELECT sound, AVG(took_s) AS median_s FROM calmed WHERE 2 * place BETWEEN n AND n + 2 GROUP BY sound
)
SELECT
  judged.sound,
  COUNT(*) AS tries,
  COUNTIF(judged.outcome = 'calm') / COUNT(*) AS share_calmed,
  MAX(medians.median_s) AS median_s
FROM judged
LEFT JOIN medians ON medians.sound = judged.sound
GROUP BY judged.sound
ORDER BY share_calmed DESC, judged.sound
