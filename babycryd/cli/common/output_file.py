"""Output file of a command, as `--out` names it."""

import sys
from pathlib import Path

from babycryd.system.files import write_whole


def write_output(command: str, name: str, content: bytes) -> bool:
    """Write the file whole; write plain bytes to a device or a pipe, such as /dev/stdout.

    Print a failure on stderr, and return False.
    """
    path = Path(name).resolve()  # a link stays a link
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
        else:
            write_whole(path, content, owner=path if path.exists() else None)
    except OSError as error:
        sys.stderr.write(f"babycryd {command}: {name}: cannot be written ({error.strerror}); give another name\n")
        return False
    return True
