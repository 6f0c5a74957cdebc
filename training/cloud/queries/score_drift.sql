-- Drift of the scores: population stability index of each month's distribution against the first month's, by model.
-- Below 0.1 the months are alike, above 0.25 microphone, room or baby have changed. Half a score is added to each bin.
WITH monthly AS (
  SELECT
    model_sha256,
    source,
    100 * EXTRACT(YEAR FROM night) + EXTRACT(MONTH FROM night) AS month,
    SUM(scores) AS scores,
    SUM(scores * mean) / SUM(scores) AS mean,
    (SUM(hops_to_20) + 0.5) / (SUM(scores) + 2.5) AS p_1,
    (SUM(hops_to_40) + 0.5) / (SUM(scores) + 2.5) AS p_2,
    (SUM(hops_to_60) + 0.5) / (SUM(scores) + 2.5) AS p_3,
    (SUM(hops_to_80) + 0.5) / (SUM(scores) + 2.5) AS p_4,
    (SUM(hops_to_100) + 0.5) / (SUM(scores) + 2.5) AS p_5
  FROM score_summaries
  WHERE scores > 0
  GROUP BY model_sha256, source, month
),
compared AS (
  SELECT
    model_sha256, source, month, scores, mean, p_1, p_2, p_3, p_4, p_5,
    FIRST_VALUE(p_1) OVER (PARTITION BY model_sha256, source ORDER BY month) AS q_1,
    FIRST_VALUE(p_2) OVER (PARTITION BY model_sha256, source ORDER BY month) AS q_2,
    FIRST_VALUE(p_3) OVER (PARTITION BY model_sha256, source ORDER BY month) AS q_3,
    FIRST_VALUE(p_4) OVER (PARTITION BY model_sha256, source ORDER BY month) AS q_4,
    FIRST_VALUE(p_5) OVER (PARTITION BY model_sha256, source ORDER BY month) AS q_5
  FROM monthly
)
SELECT
  model_sha256,
  source,
  month,
  scores,
  mean,
  (p_1 - q_1) * LN(p_1 / q_1) + (p_2 - q_2) * LN(p_2 / q_2) + (p_3 - q_3) * LN(p_3 / q_3)
    + (p_4 - q_4) * LN(p_4 / q_4) + (p_5 - q_5) * LN(p_5 / q_5) AS stability_index
FROM compared
ORDER BY model_sha256, source, month
