#!/usr/bin/env python3
"""Makes one executable file of a folder with a Python program: PROGRAM, of FOLDER with its `__main__.py`.

    packaging/zip_program.py FOLDER PROGRAM

As `python -m zipapp`, but the same files always give the same bytes: in the order of their names, at SOURCE_DATE_EPOCH.
"""

import os
import sys
import time
import zipfile
from pathlib import Path

INTERPRETER = b"#!/usr/bin/python3 -I\n"


def zip_program(folder: Path, program: Path, epoch_s: int) -> None:
    """Write the program."""
    at = time.gmtime(max(epoch_s, 315_532_800))[:6]  # a zip knows no time before 1980
    with program.open("wb") as file:
        file.write(INTERPRETER)
        with zipfile.ZipFile(file, "w") as archive:
            for path in sorted(folder.rglob("*.py")):
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), at)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    program.chmod(0o755)


if __name__ == "__main__":
    zip_program(Path(sys.argv[1]), Path(sys.argv[2]), int(os.environ.get("SOURCE_DATE_EPOCH", "0")))
