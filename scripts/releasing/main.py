"""Make a release in dist/: packages, wheel, containers, app, bills of materials, notes, apt repository, checksums.

Each step is made once; what is made already is kept until something changes that the step reads. So a release that was
interrupted goes on where it stopped, and another word in the documentation builds no container anew.

examples:
  scripts/release --rehearsal                     everything, signed with a key made for it
  scripts/release --key FINGERPRINT               signed with your own key of gpg's
  scripts/release --arch amd64 package-amd64 notes
  scripts/release --promote 0.2.0 --key FINGERPRINT    offers a version of the channel `early` in `stable`, too

It needs Debian's git, python3-pip, dpkg-dev, apt-utils, gpg and podman (or docker, or buildah), a network, and for the
container of another architecture its emulator (qemu-user-static, binfmt-support). $BASE names another slim Debian.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.releasing.apt_repository import STABLE, NotPublishedError, make_key, promote, versions
from scripts.releasing.checkout import Checkout
from scripts.releasing.making import DIST, ROOT, Release
from scripts.releasing.notes import NoNotesError
from scripts.releasing.steps import Done, Step, with_needed

ARCHITECTURES = ("amd64", "arm64")
MEMORY = Path("build") / "release"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="scripts/release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("steps", nargs="*", metavar="STEP", help="only these, and what they need; --list names them")
    top.add_argument("--arch", choices=ARCHITECTURES, action="append", help="only for this one; may be repeated")
    top.add_argument("--list", action="store_true", help="name every step and whether it is done")
    top.add_argument("--again", action="store_true", help="make the steps although they are done")
    top.add_argument("--promote", metavar="VERSION", help="only sign the repository anew, with this one in `stable`")
    signing = top.add_mutually_exclusive_group()
    signing.add_argument("--key", default="", metavar="FINGERPRINT", help="key of gpg's that signs the apt repository")
    signing.add_argument("--rehearsal", action="store_true", help="sign with a key in build/release/gnupg, made now")
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Make the steps; return 0, 1 after a failure, 2 for a wrong command line."""
    arguments = parser().parse_args(argv)
    os.chdir(ROOT)
    os.umask(0o022)  # files have the same rights in every shell
    checkout = Checkout(ROOT)
    if arguments.rehearsal:
        home = (MEMORY / "gnupg").resolve()
        arguments.key, os.environ["GNUPGHOME"] = make_key(home), str(home)
    if arguments.promote:
        return _promote(arguments.promote, arguments.key)
    architectures = tuple(arguments.arch or ARCHITECTURES)
    steps = Release(architectures, arguments.key).steps()
    names = [step.name for step in steps]
    if unknown := [name for name in arguments.steps if name not in names]:
        sys.stderr.write(f"no step {', '.join(unknown)}; there are: {', '.join(names)} (apt needs a key)\n")
        return 2
    done = Done(MEMORY, checkout)
    if arguments.list:
        sys.stdout.writelines(f"{_mark(done, step)} {step.name:18} {step.says}\n" for step in steps)
        return 0
    return _make(with_needed(steps, arguments.steps), checkout, done, again=arguments.again)


def _promote(version: str, key: str) -> int:
    if not key:
        sys.stderr.write("--promote signs the repository: name --key FINGERPRINT\n")
        return 2
    try:
        promote(DIST / "apt", version, key)
    except (subprocess.CalledProcessError, OSError, NotPublishedError) as error:
        sys.stderr.write(f"not promoted: {error}\n")
        return 1
    offered = ", ".join(sorted(versions(DIST / "apt", STABLE)))
    sys.stderr.write(f"{DIST / 'apt'}: stable offers {offered}; put the folder onto the web server\n")
    return 0


def _mark(done: Done, step: Step) -> str:
    return "done" if done.files(step) is not None else "    "


def _make(steps: Sequence[Step], checkout: Checkout, done: Done, *, again: bool) -> int:
    """Make what is not done yet, with a line for each step; return the exit code."""
    for number, step in enumerate(steps, 1):
        told = f"[{number}/{len(steps)}] {step.says}"
        files = None if again else done.files(step)
        if files is not None:
            sys.stderr.write(f"{told}: done already\n")
            continue
        sys.stderr.write(f"{told} ...\n")
        begun_s, state = time.monotonic(), done.state(step)
        os.environ["SOURCE_DATE_EPOCH"] = checkout.source_date(step.reads)
        try:
            files = list(step.make())
        except (subprocess.CalledProcessError, OSError, ValueError, NoNotesError) as error:
            detail = (getattr(error, "stderr", None) or b"")[-3000:]
            text = detail.decode(errors="replace") if isinstance(detail, bytes) else detail
            sys.stderr.write(f"{told}: failed: {error}\n{text}What is done is kept; run the same command again.\n")
            return 1
        done.keep(step, state, files)
        sizes = ", ".join(f"{path} ({_megabytes(path):.1f} MB)" for path in files)
        sys.stderr.write(f"{told}: {time.monotonic() - begun_s:.0f} s: {sizes}\n")
    return 0


def _megabytes(path: Path) -> float:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return sum(each.stat().st_size for each in files) / 1e6
