"""This computer's ffmpeg for a machine without a network: the program, its libraries, and a wrapper that finds them."""

import re
import shutil
import subprocess
from pathlib import Path

# For the machine's /usr/local/bin; `folder` is the name of the folder below /shared
WRAPPER = '#!/bin/sh\nLD_LIBRARY_PATH=/shared/{folder}/lib exec /shared/{folder}/ffmpeg "$@"\n'
_LIBRARY = re.compile(r"=> (/\S+)")
_OF_THE_SYSTEM = re.compile(r"/(libc|libm|libpthread|libdl|librt|ld-linux[^/]*)\.so")


def borrow_ffmpeg(folder: Path) -> None:
    """Copy ffmpeg into this folder, which the machine sees below /shared."""
    program = shutil.which("ffmpeg")
    assert program is not None
    (folder / "lib").mkdir(parents=True)
    shutil.copy(program, folder / "ffmpeg")
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    for path in _LIBRARY.findall(listed):
        if not _OF_THE_SYSTEM.search(path):
            shutil.copy(path, folder / "lib")
