#!/usr/bin/env python3
"""The libraries of the Debian package as one archive: each file that both Pythons share once, the others twice.

    packaging/site_archive.py WHEELS ARCHIVE PLATFORM...

Out of WHEELS, with pip's comparison of every wheel with requirements.lock and without an index. What babycryd never
imports is left out. The members are `common/…`, `3.11/…` and `3.13/…`, twins side by side, so that the compression
finds what they share.
"""

import lzma
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

PYTHONS = ("3.11", "3.13")  # Bookworm, Trixie
LOCK = Path(__file__).resolve().with_name("requirements.lock")
# LiteRT's accelerators, compilers and tools; pygame's pictures, fonts and MIDI with their libraries, unneeded by its
# mixer; documentation, examples, headers, tests; type stubs; pip's lists of the files
UNUSED = re.compile(
    r"bin/"
    r"|ai_edge_litert/(aot|tools|vendors)/|ai_edge_litert/(libLiteRt\w*\.so|schema_py_generated\.py)$"
    r"|numpy/(_core/(include|lib)|distutils|f2py)/|numpy/_core/_simd\.[^/]*\.so$"
    r"|pygame/(docs|examples)/|pygame/(_camera|_freetype|font|imageext|pypm)\.[^/]*\.so$"
    r"|pygame_ce\.libs/lib(SDL2_(image|ttf)|asound|brotli\w*|freetype|harfbuzz|jpeg|png16|portmidi|sharpyuv|tiff|webp\w*)-"
    r"|(.*/)?tests/"
    r"|.*\.(a|c|h|pxd|pyi|pyx)$"
    r"|[^/]*\.dist-info/(INSTALLER|RECORD|REQUESTED)$"
)
DICTIONARY_BYTES = 64 << 20  # reaches from a library of 20 MB to its twin; as much memory is needed to unpack


def install(wheels: Path, python: str, platforms: list[str], folder: Path) -> dict[str, Path]:
    """The files that babycryd needs there, by their paths within site-packages."""
    tags = [part for platform in platforms for part in ("--platform", platform)]
    options = ["--no-index", "--find-links", str(wheels), "--no-deps", "--require-hashes", "--only-binary=:all:"]
    command = [sys.executable, "-m", "pip", "--isolated", "install", "--quiet", "--no-compile", *options]
    command += ["--python-version", python, *tags, "--target", str(folder), "-r", str(LOCK)]
    # The lock alone decides what comes, not this computer's settings of pip
    subprocess.run(command, check=True, env={**os.environ, "PIP_CONFIG_FILE": os.devnull})
    paths = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path for name, path in paths.items() if not UNUSED.match(name)}


def members(trees: dict[str, dict[str, Path]]) -> Iterator[tuple[str, Path]]:
    """Name in the archive and file, twins side by side."""
    for name in sorted({name for tree in trees.values() for name in tree}):
        files = {python: tree[name] for python, tree in trees.items() if name in tree}
        if len(files) == len(trees) and len({path.read_bytes() for path in files.values()}) == 1:
            yield f"common/{name}", next(iter(files.values()))
        else:
            yield from ((f"{python}/{name}", path) for python, path in files.items())


def entry(name: str, path: Path) -> tarfile.TarInfo:
    """Of root and of no time, so that the same lock gives the same archive."""
    info = tarfile.TarInfo(name)
    info.size = path.stat().st_size
    info.mode = 0o644
    return info


def main() -> None:
    wheels, archive, *platforms = sys.argv[1:]
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": DICTIONARY_BYTES}]
    with tempfile.TemporaryDirectory() as name:
        trees = {python: install(Path(wheels), python, platforms, Path(name) / python) for python in PYTHONS}
        with lzma.open(archive, "wb", filters=filters) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
            for member, path in members(trees):
                with path.open("rb") as file:
                    tar.addfile(entry(member, path), file)


if __name__ == "__main__":
    main()
