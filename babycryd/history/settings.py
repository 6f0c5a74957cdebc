"""Settings of the history of past nights, as they stand under `history:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """Settings of the history: how much of the past is kept; times and figures, never sound."""

    enabled: bool = setting(True, "Keep episodes and what babycryd did, for the page and the morning report.")
    keep_days: int = setting(400, "Deletes episodes that are older than this.", unit="days", low=1, high=10_000)
    max_mb: int = setting(
        50, "Deletes the oldest episodes when the file exceeds this size.", unit="MB", low=1, high=10_000
    )
