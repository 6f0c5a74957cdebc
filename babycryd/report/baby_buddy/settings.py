"""Settings of Baby Buddy, `baby_buddy:` in the YAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from babycryd.core.setting import setting

_URL: Final = re.compile(r"https?://[^\s/@?#]+(/[^\s@?#]*)?")
SECRET: Final = "baby_buddy_token"  # noqa: S105  # name of the systemd credential


@dataclass(frozen=True, slots=True)
class BabyBuddySettings:
    """Settings of Baby Buddy: where it is, whose nights they are, and what it gets."""

    url: str = setting(
        "", "Address of your Baby Buddy; empty: nothing is sent there.", example="http://babybuddy.local:8000"
    )
    token_file: Path | None = setting(
        None,
        "File whose first line is the API key that Baby Buddy shows in your user settings; empty takes the systemd"
        f" credential `{SECRET}`.",
        secret=True,
        example="/etc/babycryd/baby-buddy-token",
    )
    ca_file: Path | None = setting(
        None,
        "Certificate (PEM) of the authority that signed the server's; empty: those the system trusts.",
        example="/etc/babycryd/ca.pem",
    )
    child: int = setting(0, "Number (id) of the child in Baby Buddy; 0 takes the only one.", low=0, high=1_000_000)
    sleep: bool = setting(
        True, "Sends the quiet stretches of each night as sleep; babycryd hears quiet, and cannot know of sleep."
    )
    least_sleep_min: float = setting(
        30.0, "Shortest quiet stretch that is sent as sleep.", unit="min", low=5.0, high=600.0
    )
    notes: bool = setting(True, "Sends the sentence of each night's report as a note.")

    def check(self) -> Iterator[tuple[str, str]]:
        """Yield key and complaint for each value that cannot work."""
        if self.url and not _URL.fullmatch(self.url):
            yield "url", "must be an address such as http://babybuddy.local:8000, without user, password and ?"
