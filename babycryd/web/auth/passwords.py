"""The page's password: only its hash is kept, in a file that only the daemon may read."""

import re
from typing import Final

LONGEST: Final = 256  # characters
SHORTEST: Final = 8
FILE: Final = "web-password"  # in state_dir
SECRET: Final = "web_password"  # name of systemd's credential  # noqa: S105  # a name
_HASH = re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
# OWASP's cheat sheet, the second choice for argon2id: a Pi Zero 2 W has 512 MB, and one login at a time is checked
_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2


def is_hash(text: str) -> bool:
    """Whether `hash_of` may have written it."""
    return _HASH.fullmatch(text) is not None


def hash_of(password: str) -> str:
    """Salted anew each time. Takes some 20 ms on a PC and 19 MiB."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1).hash(password)


def is_right(password: str, hashed: str) -> bool:
    """As slow as `hash_of`, on purpose; to be called in a thread."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(hashed, password)
    except (Argon2Error, InvalidHashError):
        return False
