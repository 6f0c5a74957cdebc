"""Examination of a configuration, for `check-config`: every mistake at once, in the text and on this computer."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from babycryd.config.errors import ConfigError
from babycryd.config.file_checks import file_problems, missing_files
from babycryd.config.load import examine, read_text
from babycryd.config.sections import Settings
from babycryd.config.validation import problem_at


def examined(path: Path | None, environ: Mapping[str, str]) -> list[str]:
    """Return the keys whose files this user may not read. Raises ConfigError with every fault, each at its line.

    Where a value is wrong, what depends on it is not checked. Where two values contradict each other, it is only
    checked that the files are there.
    """
    source = "configuration" if path is None else str(path)
    settings, faults, document = examine("" if path is None else read_text(path), source, Settings)
    known = {each.key for each in faults}
    if "state_dir" in known:
        settings = dataclasses.replace(settings, state_dir="")
    problems, closed = file_problems(settings, environ)
    problems = [each for each in problems if each.key not in known]
    faults += [problem_at(each.key, each.message, document) for each in (*problems, *missing_files(settings, known))]
    if faults:
        raise ConfigError(source, faults)
    return closed
