"""What the package brings besides the daemon: its scripts, the man page, the shell's completion."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from babycryd.cli.main import parser

ROOT = Path(__file__).parents[3]
MANUAL = ROOT / "packaging" / "manual.py"
SCRIPTS = [
    *(ROOT / "scripts" / name for name in ("install", "run", "test", "setup.sh")),
    *(ROOT / "packaging" / name for name in ("build-deb", "build-wheel", "build-container", "build-home-assistant")),
    *(ROOT / "packaging" / "debian" / name for name in ("postinst", "prerm", "postrm")),
]


def made(kind: str) -> str:
    return subprocess.run([sys.executable, MANUAL, kind], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("no shellcheck: apt install shellcheck")
    done = subprocess.run(
        [shellcheck, "--external-sources", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def complete(*words: str) -> set[str]:
    """What bash offers after these words, the last of which is not finished."""
    script = (
        f"{made('bash')}\nCOMP_WORDS=(babycryd {' '.join(repr(word) for word in words)}); COMP_CWORD={len(words)}\n"
        '_babycryd; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_shell_completes_commands_and_options() -> None:
    commands = {choice for action in parser()._actions for choice in action.choices or ()}
    assert complete("") >= commands
    assert complete("dem") == {"demo"}
    assert complete("check-config", "--s") == {"--schema"}
    assert complete("feedback", "") == {"true", "false"}
    assert complete("doctor", "--bundle", "--c") == {"--config"}


def test_the_shell_completes_what_an_option_takes() -> None:
    assert complete("report", "--language", "") == {"en", "de", "es", "fr"}
    assert complete("history", "export", "--format", "c") == {"csv"}
    assert complete("report", "--out", "") == set()  # so that bash offers files
    assert complete("replay", "") == set()


def test_the_man_page_knows_every_command() -> None:
    page = made("man")
    for command in ("run", "demo", "replay", "check\\-config", "devices", "doctor"):
        assert f'.SS "babycryd {command}"' in page
    groff = shutil.which("groff")
    if groff is not None:
        done = subprocess.run(
            [groff, "-k", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        assert "nursery listener" in done.stdout
