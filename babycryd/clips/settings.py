"""Settings of clips, as they stand under `clips:` in the YAML."""

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
    """Settings of clips: whether the sound of episodes is kept, how long and how much."""

    enabled: bool = setting(False, "Record every episode, from a few seconds before it; needs `clips.consent`.")
    consent: str = setting(
        "", "Repeats the sentence of the example, word for word, to switch clips on.", example=CONSENT
    )
    keep_days: int = setting(14, "Deletes clips that are older than this.", unit="days", low=1, high=3650)
    max_mb: int = setting(500, "Deletes the oldest clips when all together exceed this size.", unit="MB", low=1)
    keep_free_mb: int = setting(500, "Records nothing while the disk has less room than this.", unit="MB", low=10)
    longest_min: float = setting(
        10.0, "Ends a clip after this long even if the baby still cries.", unit="min", low=1, high=120
    )

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint where clips are on without the owner's consent."""
        if self.enabled and " ".join(self.consent.split()) != CONSENT:
            yield "consent", f'clips are recorded only with this sentence here, word for word: "{CONSENT}"'
