"""Password of the page: only its hash is stored, in a file that only the daemon may read."""

import re
from typing import Final

LONGEST: Final = 256  # characters
SHORTEST: Final = 8
FILE: Final = "web-password"  # in state_dir
SECRET: Final = "web_password"  # name of systemd's credential  # noqa: S105  # a name
_HASH = re.compile(r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+")
# OWASP's cheat sheet, second choice for argon2id: a Pi Zero 2 W has 512 MB, and checks one login at a time
_MEMORY_KIB: Final = 19 * 1024
_PASSES: Final = 2


def is_hash(text: str) -> bool:
    """Return whether a text has the form of a hash by `hash_of`."""
    return _HASH.fullmatch(text) is not None


def hash_of(password: str) -> str:
    """Hash a password with a new salt, by argon2id. Takes some 20 ms on a PC, and 19 MiB."""
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1).hash(password)


def is_right(password: str, hashed: str) -> bool:
    """Return whether the password matches the hash. Call it in a thread: it is slow on purpose, like `hash_of`."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        return PasswordHasher().verify(hashed, password)
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False
