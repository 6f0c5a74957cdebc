"""Commands of babycryd, called in the process of the tests: a process of its own takes half a second of a CPU."""

import contextlib
import io
import subprocess
import sys
from collections.abc import Iterator

from babycryd.cli.main import parser


def called(*arguments: object, told: str = "") -> "subprocess.CompletedProcess[str]":
    """What `babycryd ARGUMENTS` returns and writes; `told` is its stdin. Other tests start each command for real."""
    words = [str(each) for each in arguments]
    out, err = io.StringIO(), io.StringIO()
    with _stdin(told), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            parsed = parser().parse_args(words)
            code = int(parsed.execute(parsed))
        except SystemExit as refused:  # argparse
            code = int(refused.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def _stdin(told: str) -> Iterator[None]:
    own, sys.stdin = sys.stdin, io.StringIO(told)
    try:
        yield
    finally:
        sys.stdin = own
