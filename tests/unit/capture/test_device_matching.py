"""The right microphone under any card number: on the files of imaginary USB cards, for there is no ALSA here."""

import asyncio
import importlib
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from babycryd.capture.device_matching import DeviceMatcher
from babycryd.capture.microphone import Microphone, inputs_of
from babycryd.capture.settings import CaptureSettings
from babycryd.capture.sound_cards import Card, Usb, address_of, read_cards
from babycryd.capture.source import CaptureError
from babycryd.capture.supervisor import CaptureSupervisor
from babycryd.core.bus import Bus
from babycryd.core.events import Deaf, Event, Hearing
from tests.support.fakes import portaudio as imaginary_portaudio
from tests.support.fakes.sound_cards import SoundCards
from tests.support.patience import HANG_S, patient


@pytest.fixture
def cards(tmp_path: Path) -> SoundCards:
    return SoundCards(tmp_path)


class Chooser:
    """A choice among the cards as they are."""

    def __init__(self, cards: SoundCards, wanted: str) -> None:
        self._cards = cards
        self._choice = DeviceMatcher(wanted)

    def chosen(self) -> str:
        """The socket of the microphone that is chosen, or the complaint."""
        inputs = inputs_of(self._cards.as_portaudio_sees_them(), self._cards.root)
        one = self._choice.choose(inputs, inputs[0] if inputs else None)
        return one if isinstance(one, str) else one.card.usb.path  # type: ignore[union-attr]

    def lost(self) -> None:
        self._choice.see(read_cards(self._cards.root))


def test_cards_are_read_with_what_usb_says_of_them(cards: SoundCards) -> None:
    cards.plug("1-1.2", name="Yeti [Blue]", model="B58E:9e84", serial="REV8 \x07A1")
    hdmi, yeti = read_cards(cards.root)
    assert (hdmi.name, hdmi.usb) == ("vc4-hdmi", None)
    assert yeti == Card(1, "Device", "Yeti [Blue]", Usb("b58e", "9e84", "REV8 A1", "1-1.2"))


def test_without_alsa_there_are_no_cards(tmp_path: Path) -> None:
    assert read_cards(tmp_path) == ()


def test_an_address_names_one_card_only(cards: SoundCards) -> None:
    def addresses() -> list[str]:
        found = read_cards(cards.root)
        return [address_of(card, found) for card in found]

    cards.plug("1-1.2")
    assert addresses() == ["hw:CARD=vc4hdmi", "usb:0d8c:0014"]
    cards.plug("1-1.3", serial="A1")
    assert addresses()[1:] == ["usb:0d8c:0014@1-1.2", "usb:0d8c:0014:A1"]
    cards.plug("1-1.4", serial="A1")  # cheap ones have all the same
    assert addresses()[1:] == [f"usb:0d8c:0014@1-1.{socket}" for socket in (2, 3, 4)]


@pytest.mark.parametrize(
    "wanted",
    [
        "USB PnP Sound Device: Audio (hw:2,0)",
        "usb pnp",
        "hw:CARD=Device_2",
        "usb:0d8c:0014",
        "usb:0D8C:0014@1-1.3",
        "1",
    ],
)
def test_it_is_found_again_under_another_number(cards: SoundCards, wanted: str) -> None:
    cards.plug("1-1.2", name="Webcam", model="046d:0825")
    cards.plug("1-1.3")
    chooser = Chooser(cards, wanted)
    assert chooser.chosen() == "1-1.3"
    cards.unplug("1-1.3")
    chooser.lost()
    assert "found instead: Webcam: Audio [usb:046d:0825]" in chooser.chosen()
    cards.unplug("1-1.2")
    cards.plug("1-1.3")  # now with the webcam's number
    cards.plug("1-1.2", name="Webcam", model="046d:0825")
    assert chooser.chosen() == "1-1.3"


def test_two_of_the_same_name_are_never_guessed_between(cards: SoundCards) -> None:
    cards.plug("1-1.2")
    cards.plug("1-1.3")
    complaint = Chooser(cards, "USB PnP").chosen()
    assert "usb:0d8c:0014@1-1.2" in complaint
    assert "usb:0d8c:0014@1-1.3" in complaint
    assert Chooser(cards, "usb:0d8c:0014@1-1.3").chosen() == "1-1.3"


def test_it_does_not_hop_to_a_twin(cards: SoundCards) -> None:
    cards.plug("1-1.2")
    chooser = Chooser(cards, "USB PnP")
    assert chooser.chosen() == "1-1.2"
    cards.plug("1-1.3")  # the microphone of another room is plugged in here
    cards.unplug("1-1.2")
    chooser.lost()
    said = chooser.chosen()
    assert said.startswith("USB PnP Sound Device: Audio [usb:0d8c:0014@1-1.2] is not there; found instead: ")
    assert "usb:0d8c:0014@1-1.3" in said
    cards.plug("1-1.2")
    assert chooser.chosen() == "1-1.2"


def test_its_serial_number_tells_it_from_a_twin_in_its_own_socket(cards: SoundCards) -> None:
    cards.plug("1-1.2", serial="A1")
    chooser = Chooser(cards, "USB PnP")
    assert chooser.chosen() == "1-1.2"
    cards.unplug("1-1.2")
    cards.plug("1-1.2", serial="B2")
    assert "found instead: USB PnP Sound Device: Audio [usb:0d8c:0014:B2]" in chooser.chosen()
    cards.plug("1-1.4", serial="A1")
    assert chooser.chosen() == "1-1.4"


def test_it_may_be_moved_to_another_socket(cards: SoundCards) -> None:
    cards.plug("1-1.2")
    cards.plug("1-1.3")
    chooser = Chooser(cards, "usb:0d8c:0014@1-1.2")
    assert chooser.chosen() == "1-1.2"
    cards.unplug("1-1.2")
    chooser.lost()
    assert "is not there" in chooser.chosen()
    cards.plug("1-1.4")
    assert chooser.chosen() == "1-1.4"  # the twin is where it was: this is ours
    cards.unplug("1-1.4")
    chooser.lost()
    cards.unplug("1-1.3")
    cards.plug("1-1.5")
    assert "is not there" in chooser.chosen()  # may be the twin


def test_the_default_follows_the_system_and_nothing_is_nothing(cards: SoundCards) -> None:
    chooser = Chooser(cards, "")
    assert "no microphone found" in chooser.chosen()
    cards.plug("1-1.2")
    assert chooser.chosen() == "1-1.2"


@pytest.fixture
def portaudio(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    fake: Any = importlib.reload(imaginary_portaudio)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    monkeypatch.setattr("babycryd.capture.microphone.try_portaudio", fake.try_portaudio)
    fake.accepted = {(48_000, 1)}
    yield fake
    fake.streams.clear()


async def test_another_default_is_told(cards: SoundCards, portaudio: Any, caplog: pytest.LogCaptureFixture) -> None:
    cards.plug("1-1.2")
    portaudio.devices = cards.as_portaudio_sees_them()
    microphone = Microphone(CaptureSettings(), cards.root)
    for name in ("USB PnP Sound Device", "Webcam"):
        assert caplog.text == ""
        await microphone.open()
        assert microphone.name == f"{name}: Audio (hw:1,0)"
        await microphone.close(HANG_S)
        cards.unplug("1-1.2")
        cards.plug("1-1.2", name="Webcam", model="046d:0825")
        portaudio.devices = cards.as_portaudio_sees_them()
    assert "Webcam: Audio (hw:1,0) is another microphone than before" in caplog.text


class Nursery:
    """Ears on imaginary cards: everything but the sound system itself is real."""

    def __init__(self, cards: SoundCards, portaudio: Any, **settings: Any) -> None:
        self._cards, self._portaudio = cards, portaudio
        self._bus = Bus()
        self._events = self._bus.subscribe("test")
        self._noise = np.random.default_rng(1)
        self.capture = CaptureSupervisor(CaptureSettings(**settings), self._bus, root=cards.root)

    async def listen(self) -> None:
        async with aclosing(self.capture.blocks()) as blocks:
            async for _ in blocks:
                pass

    async def sound(self) -> None:
        """Noise at the microphone that is open."""
        while True:
            if self._portaudio.streams and not self._portaudio.stream().closed:
                samples = self._noise.integers(-300, 300, (3_840, 1), np.int16)
                self._portaudio.stream().hear(samples)
            await asyncio.sleep(0.08)

    def pull(self, socket: str) -> None:
        self._cards.unplug(socket)
        self._portaudio.devices = self._cards.as_portaudio_sees_them()
        self._portaudio.stream().finished()

    async def says(self, kind: type[Event]) -> Any:
        async with patient():
            event = await self._events.get()
        assert isinstance(event, kind), event
        return event


async def test_the_supervisor_waits_for_its_own_microphone_and_takes_it_back_at_once(
    cards: SoundCards, portaudio: Any
) -> None:
    cards.plug("1-1.2")
    cards.plug("1-1.3", name="Webcam", model="046d:0825")
    portaudio.devices = cards.as_portaudio_sees_them()
    nursery = Nursery(cards, portaudio, device="USB PnP", stall_s=60, reopen_first_s=30, reopen_longest_s=30)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in (nursery.listen(), nursery.sound())]
        assert (await nursery.says(Hearing)).microphone == "USB PnP Sound Device: Audio (hw:1,0)"
        nursery.pull("1-1.2")
        assert "went away" in (await nursery.says(Deaf)).reason
        # The list of cards is news, so it is tried at once: nothing but the webcam is there.
        assert "found instead: Webcam" in (await nursery.says(Deaf)).reason
        cards.plug("1-1.2", at=4)
        portaudio.devices = cards.as_portaudio_sees_them()
        # The pause would be half a minute, were it not for the card that came.
        assert (await nursery.says(Hearing)).microphone == "USB PnP Sound Device: Audio (hw:4,0)"
        for task in tasks:
            task.cancel()


async def test_a_microphone_that_appears_long_after_the_start(cards: SoundCards, portaudio: Any) -> None:
    portaudio.devices = []
    nursery = Nursery(cards, portaudio, device="USB PnP", stall_s=60, reopen_first_s=30, reopen_longest_s=30)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in (nursery.listen(), nursery.sound())]
        assert "no microphone found" in (await nursery.says(Deaf)).reason
        await asyncio.sleep(1)
        cards.plug("1-1.2")
        portaudio.devices = cards.as_portaudio_sees_them()
        await nursery.says(Hearing)
        for task in tasks:
            task.cancel()


async def test_a_wrong_name_is_told_with_what_is_there(cards: SoundCards, portaudio: Any) -> None:
    cards.plug("1-1.2")
    portaudio.devices = cards.as_portaudio_sees_them()
    with pytest.raises(CaptureError, match=r"no microphone 'Yeti' .*found instead: USB PnP.*\[usb:0d8c:0014\]"):
        await Microphone(CaptureSettings(device="Yeti"), cards.root).open()
