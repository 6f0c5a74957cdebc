"""What the owner may choose about the memory of past nights, as it stands under `history:` in the YAML."""

from dataclasses import dataclass

from babycryd.core.setting import setting


@dataclass(frozen=True, slots=True)
class HistorySettings:
    """What is remembered: times and figures, never sound."""

    enabled: bool = setting(True, "Remember episodes and what babycryd did, for the page and the morning report.")
    keep_days: int = setting(400, "How long an episode is remembered.", unit="days", low=1, high=10_000)
    max_mb: int = setting(50, "So large the file may become; then the oldest go.", unit="MB", low=1, high=10_000)
