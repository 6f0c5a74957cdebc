"""HTTP: the loudness at the cot, and the recordings of voices."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pytest

from babycryd.core.command_values import CommandError
from babycryd.core.sounds import Loudness, Voice
from tests.support.serving import ServedDevice, serving

LOUDNESS = Loudness(47.0, 50.0, 50.0, 40.0)
FILE = {"Content-Type": "application/octet-stream"}


@dataclass
class Sounds:
    """`LoudnessMeter` and `Voices` that note what they are asked for."""

    asked: list[object] = field(default_factory=list)

    def loudness(self) -> Loudness:
        return LOUDNESS

    async def play(self) -> None:
        self.asked.append("play")

    async def measured(self, dba: float) -> None:
        if dba < 35:
            raise CommandError("the room")
        self.asked.append(dba)

    async def voices(self) -> Sequence[Voice]:
        return [Voice("Mama", 5000)]

    async def add(self, name: str, wav: AsyncIterator[bytes]) -> Voice:
        content = b"".join([piece async for piece in wav])
        self.asked.append((name, len(content)))
        return Voice(name, len(content))

    async def delete(self, name: str) -> None:
        self.asked.append(("delete", name))


def served() -> tuple[ServedDevice, Sounds]:
    sounds = Sounds()
    return ServedDevice(meter=sounds, voices=sounds), sounds


async def test_the_loudness_is_measured(tmp_path: Path) -> None:
    device, sounds = served()
    async with serving(tmp_path, device=device):
        assert (await device.ask("/api/loudness")).content == asdict(LOUDNESS)
        assert (await device.ask("/api/loudness/play", {})).content == {"ok": True}
        assert (await device.ask("/api/loudness", {"dba": 52})).content == {"ok": True, **asdict(LOUDNESS)}
        refused = await device.ask("/api/loudness", {"dba": 20})
        assert (refused.status, refused.content) == (409, {"ok": False, "error": "the room"})
    assert sounds.asked == ["play", 52.0]


@pytest.mark.parametrize("fields", [{}, {"dba": "52"}, {"dba": True}, {"dba": None}, {"dba": 52, "more": 1}])
async def test_only_a_number_is_a_reading(fields: object, tmp_path: Path) -> None:
    device, sounds = served()
    async with serving(tmp_path, device=device):
        assert (await device.ask("/api/loudness", fields)).status == 409
    assert sounds.asked == []


async def test_a_recording_larger_than_any_other_body_arrives(tmp_path: Path) -> None:
    device, sounds = served()
    async with serving(tmp_path, device=device):
        answer = await device.ask("/api/voices?name=Mama%20singt&consent=true", bytes(3_000_000), headers=FILE)
        assert (answer.status, answer.content) == (200, {"ok": True, "name": "Mama singt", "n_bytes": 3_000_000})
        assert (await device.ask("/api/voices")).content == {"voices": [{"name": "Mama", "n_bytes": 5000}]}
        assert (await device.ask("/api/voices/delete", {"name": "Mama"})).status == 200
    assert sounds.asked == [("Mama singt", 3_000_000), ("delete", "Mama")]


async def test_no_recording_without_consent_or_name(tmp_path: Path) -> None:
    device, sounds = served()
    async with serving(tmp_path, device=device):
        for query, why in (("name=a", "all who can be heard must agree"), ("consent=true", "send a WAV file")):
            answer = await device.ask(f"/api/voices?{query}", b"RIFF", headers=FILE)
            assert (answer.status, why in answer.content["error"]) == (409, True)
        assert (await device.ask("/api/voices/delete", {})).status == 409
    assert sounds.asked == []


async def test_no_form_and_no_other_site_can_send_a_recording(tmp_path: Path) -> None:
    device, sounds = served()
    path = "/api/voices?name=a&consent=true"
    async with serving(tmp_path, device=device):
        for kind in ("text/plain", "multipart/form-data", "application/json"):
            assert (await device.ask(path, b"RIFF", headers={"Content-Type": kind})).status == 415
        other = {**FILE, "Origin": "http://evil.example"}
        assert (await device.ask(path, b"RIFF", headers=other)).status == 403
        assert (await device.ask("/api/volume", b"{}", headers=FILE)).status == 415
    assert sounds.asked == []


async def test_a_locked_page_takes_no_recording(tmp_path: Path) -> None:
    device, sounds = served()
    async with serving(tmp_path, device=device, locked=True):
        assert (await device.ask("/api/voices?name=a&consent=true", b"RIFF", headers=FILE)).status == 401
        assert (await device.ask("/api/voices")).status == 401
    assert sounds.asked == []


async def test_a_device_without_these_parts_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as device:
        for path in ("/api/loudness", "/api/voices"):
            assert (await device.ask(path)).status == 409
