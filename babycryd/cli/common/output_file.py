"""Output file of a command, as `--out` names it."""

import os
import sys
from pathlib import Path

from babycryd.core.printable import printable_path
from babycryd.system.files import write_whole
from babycryd.system.plain_files import require_own_links


def write_output(command: str, name: str, content: bytes) -> bool:
    """Write the file whole; write plain bytes to a device or a pipe, such as /dev/stdout.

    Say on stderr which file was written. Print a failure there, and return False.
    """
    try:
        require_own_links(Path(name))
        path = Path(name).resolve()  # a link stays a link
        if path.exists() and not path.is_file():
            _pour(path, content)
        else:
            write_whole(path, content, owner=path if path.exists() else None)
            sys.stderr.write(f"babycryd {command}: written: {printable_path(path)}\n")
    except OSError as error:
        sys.stderr.write(f"babycryd {command}: {name}: cannot be written ({error.strerror}); give another name\n")
        return False
    return True


def _pour(path: Path, content: bytes) -> None:
    """Write into a device or a pipe; do not wait until another user's pipe is read. Raises OSError."""
    waiting = 0 if path.stat().st_uid in {0, os.geteuid()} else os.O_NONBLOCK
    descriptor = os.open(path, os.O_WRONLY | os.O_NOCTTY | waiting)
    os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
