"""The container, run word by word as docs/install.md tells a new user, with podman and with Docker itself."""

import http.client
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from babycryd import __version__
from tests.support.container_engines import Engine, docker_engine, podman_engine, shell
from tests.support.containers import container_archive
from tests.support.debian_packages import ROOT
from tests.support.documented_commands import boxes, merged
from tests.support.logging_in import basic
from tests.support.open_sound_card import OpenSoundCard, a_cry, open_sound_card
from tests.support.patience import CLOCK_HANG_S, wait_until
from tests.support.terminal import answered

pytestmark = pytest.mark.slow

ENGINES = {"podman": podman_engine, "docker": docker_engine}
PASSWORD = "correct horse battery"  # noqa: S105  # of nothing
ANSWERS = [("Password for the live page: ", PASSWORD), ("Once more: ", PASSWORD)]
STARTS_S = 120.0  # own time; the first health check comes after 30 s


@pytest.fixture(scope="module")
def archive() -> Path:
    return container_archive("amd64")


@pytest.fixture
def card(tmp_path: Path) -> Iterator[OpenSoundCard]:
    (tmp_path / "card").mkdir()
    with open_sound_card(tmp_path / "card") as opened:
        yield opened


class User:
    """Has a folder with the archive, and types there what the page says."""

    def __init__(self, engine: Engine, folder: Path, card: OpenSoundCard, archive: Path) -> None:
        sound = {
            "--device": f"--volume={card.folder}:/run/card",
            "/dev/snd": f"--volume={card.asound_conf('/run/card')}:/etc/asound.conf:ro",
        }
        (folder / "bin").mkdir()
        self._engine = engine
        self._folder = folder
        self._path = f"{engine.shim(folder / 'bin', sound)}:/usr/sbin:/usr/bin:/sbin:/bin"
        for version in (__version__, "NEW"):
            (folder / f"babycryd-container_{version}_amd64.tar.xz").symlink_to(archive)

    def does(self, box: str) -> str:
        return shell(box, self._folder, self._path)

    def opens_the_page(self, commands: str, setting: str) -> None:
        """Types the password, writes the setting into the configuration, and starts anew."""
        set_password, edit, restart = commands.splitlines()
        env = os.environ | {"PATH": self._path}
        answered(["sh", "-ec", set_password], self._folder, env, ANSWERS)
        config = self._folder / edit.removeprefix("nano ")
        config.write_text(merged(config.read_text(), setting))
        self.does(restart)

    def log(self) -> str:
        return self.does("docker logs babycryd")

    def waits_until_healthy(self) -> None:
        def healthy() -> bool:
            self._engine.examine()
            return "(healthy)" in self.does("docker ps")

        wait_until(healthy, STARTS_S, self.log)


def status_of_the_page(headers: dict[str, str]) -> int:
    """What is answered at another address than 127.0.0.1: 0 for no connection, else HTTP's status."""
    try:
        with closing(http.client.HTTPConnection("127.0.0.2", 8474, timeout=CLOCK_HANG_S)) as page:
            page.request("GET", "/api/state", headers=headers)
            return page.getresponse().status
    except OSError:
        return 0


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_new_user_follows_the_page(
    engine: Callable[[], AbstractContextManager[Engine]], archive: Path, card: OpenSoundCard, tmp_path: Path
) -> None:
    page = [box.text for box in boxes(ROOT / "docs" / "install.md") if box.section == "In a container"]
    load, start, look, access, setting, examine, upgrade, remove = page
    with engine() as docker:
        user = User(docker, tmp_path, card, archive)
        user.does("docker rm --force babycryd; docker volume rm --force babycryd")
        assert " mic " in user.does(load)
        user.does(start)
        user.waits_until_healthy()
        card.play(a_cry(tmp_path / "cry.wav"))
        wait_until(lambda: "lullaby starts" in user.log(), STARTS_S, user.log)
        assert "the baby cries" in user.does(look)
        assert status_of_the_page({}) == 0
        user.opens_the_page(access, setting)
        wait_until(lambda: status_of_the_page(basic(PASSWORD)) == 200, STARTS_S, user.log)
        assert status_of_the_page({}) == 401
        assert "BAD" not in user.does(examine)
        user.does(upgrade)
        user.does(start)
        user.waits_until_healthy()
        assert status_of_the_page(basic(PASSWORD)) == 200, "the password is gone"
        user.does(remove)
        assert "babycryd" not in user.does("docker ps --all; docker volume ls")
