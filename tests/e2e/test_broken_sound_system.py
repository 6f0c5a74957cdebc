"""A broken sound system is told, and heard through again once it is mended; the daemon goes on meanwhile."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import RunningDaemon, write_config
from tests.support.sound_card import ASOUND_CONF, SoundCard

pytestmark = pytest.mark.soundcard

CONFIG = "state_dir: {state}\nweb: {{enabled: false}}\nself_test: {{every_h: 0}}\n"
BROKEN = "pcm.!default { type pulse\n"
LATIN_1 = 'pcm."R\udcd8DE" { type null hint { show on description "mic" } }\n'


@pytest.fixture
def card() -> Iterator[SoundCard]:
    with SoundCard() as card:
        card.room_noise()
        yield card


def daemon_on(card: SoundCard, tmp_path: Path) -> RunningDaemon:
    config = write_config(tmp_path, CONFIG.format(state=tmp_path / "state"))
    return RunningDaemon(["run", "--config", str(config)], card.env)


def test_it_starts_with_a_broken_configuration_and_hears_when_that_is_mended(card: SoundCard, tmp_path: Path) -> None:
    (card.home / ".asoundrc").write_text(BROKEN)
    with daemon_on(card, tmp_path) as daemon:
        told = daemon.says(r"deaf: the sound system cannot be started \(.*/etc/asound\.conf")
        (card.home / ".asoundrc").unlink()
        daemon.says("listening to default", after=told)
        assert daemon.stop() == 0


def test_the_configuration_breaks_while_it_listens(card: SoundCard, tmp_path: Path) -> None:
    with daemon_on(card, tmp_path) as daemon:
        heard = daemon.says("listening to default")
        (card.home / "asound.conf").write_text(ASOUND_CONF + BROKEN)
        card.kill()
        told = daemon.says("deaf: the sound system cannot be started", after=heard)
        card.start()
        (card.home / "asound.conf").write_text(ASOUND_CONF)
        daemon.says("listening to default", after=told)
        assert daemon.stop() == 0


def test_a_device_with_a_bad_name_appears_while_it_listens(card: SoundCard, tmp_path: Path) -> None:
    with daemon_on(card, tmp_path) as daemon:
        heard = daemon.says("listening to default")
        (card.home / "asound.conf").write_text(ASOUND_CONF + LATIN_1, errors="surrogateescape")
        card.kill()
        told = daemon.says("deaf: ", after=heard)
        card.start()
        daemon.says("listening to default", after=told)
        assert daemon.stop() == 0
