"""A person at a terminal, who answers what a program asks."""

import os
import pty
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def answered(command: Sequence[str], folder: Path, env: Mapping[str, str], answers: Sequence[tuple[str, str]]) -> str:
    """Runs a program in a terminal and types each line once its question stands there, in their order.

    Returns what stood there in the end; fails where a question does not come or the program fails.
    """
    ours, its = pty.openpty()
    said, waiting = "", list(answers)
    with subprocess.Popen(command, cwd=folder, env=env, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        asked_from = 0
        while text := _read(ours):
            said += text
            if waiting and waiting[0][0] in said[asked_from:]:
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
                asked_from = len(said)
    os.close(ours)
    assert process.returncode == 0, said
    assert not waiting, said
    return said


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:  # the program has ended
        return ""
