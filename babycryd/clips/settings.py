"""What the owner may choose about recordings, as it stands under `clips:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from babycryd.core.setting import setting

CONSENT: Final = (
    "I know that the sound of my baby's room is then stored on this computer, "
    "and that whoever can open its files or its page can hear it."
)


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """Whether and how long the sound of an episode is kept."""

    enabled: bool = setting(False, "Record every episode, from a few seconds before it; needs `clips.consent`.")
    consent: str = setting("", "To switch clips on, this sentence, word for word.", example=CONSENT)
    keep_days: int = setting(14, "How long a clip is kept.", unit="days", low=1, high=3650)
    max_mb: int = setting(500, "So large all clips together may become; then the oldest go.", unit="MB", low=1)
    keep_free_mb: int = setting(500, "With less room than this on the disk nothing is recorded.", unit="MB", low=10)
    longest_min: float = setting(
        10.0, "A clip ends after so long even if the baby still cries.", unit="min", low=1, high=120
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Key and complaint where the owner has not said that they know what it means."""
        if self.enabled and " ".join(self.consent.split()) != CONSENT:
            yield "consent", f'clips are recorded only with this sentence here, word for word: "{CONSENT}"'
