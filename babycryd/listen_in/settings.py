"""Settings of listening in, as they stand under `listen_in:` in the YAML."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from babycryd.core.setting import setting

CONSENT: Final = (
    "I know that all who have the password of this page can then hear my baby's room live, "
    "and I have told the people who are in this room."
)


@dataclass(frozen=True, slots=True)
class ListenInSettings:
    """Settings of listening in: whether the live sound of the room may be heard, and by how many at a time."""

    enabled: bool = setting(
        False, "Let the page play the live sound of the room; needs `listen_in.consent`.", live=True
    )
    consent: str = setting(
        "", "Repeats the sentence of the example, word for word, to switch listening in on.", example=CONSENT, live=True
    )
    max_listeners: int = setting(4, "Largest number of listeners at the same time.", low=1, high=20, live=True)

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint where listening in is on without the owner's consent."""
        if self.enabled and " ".join(self.consent.split()) != CONSENT:
            yield "consent", f'the room is heard live only with this sentence here, word for word: "{CONSENT}"'
