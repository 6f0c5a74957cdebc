"""What Linux tells of USB sound cards, in a folder: `/proc/asound/cards` and the part of `/sys` behind it.

There is no ALSA in the kernels that the tests run on; the files have the form of those of a Raspberry Pi.
"""

from pathlib import Path
from typing import Any


class SoundCards:
    """Cards are plugged into sockets; Linux numbers them as they come."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._cards: dict[int, tuple[str, str, str]] = {}  # number: id, name, socket
        (root / "proc/asound").mkdir(parents=True)
        (root / "sys/class/sound").mkdir(parents=True)
        self._write()

    def plug(
        self,
        socket: str,
        *,
        name: str = "USB PnP Sound Device",
        model: str = "0d8c:0014",
        serial: str = "",
        at: int = -1,
    ) -> int:
        """A card is plugged into a socket such as 1-1.2; the number that it gets, or `at`."""
        number = at if at >= 0 else next(each for each in range(1, 32) if each not in self._cards)
        usb = self.root / f"sys/devices/platform/soc/3f980000.usb/usb1/1-1/{socket}"
        device = usb / f"{socket}:1.0"
        device.mkdir(parents=True, exist_ok=True)
        vendor, product = model.split(":")
        (usb / "idVendor").write_text(f"{vendor}\n")
        (usb / "idProduct").write_text(f"{product}\n")
        (usb / "serial").unlink(missing_ok=True)
        if serial:
            (usb / "serial").write_text(f"{serial}\n")
        card = self.root / f"sys/class/sound/card{number}"
        card.mkdir()
        (card / "device").symlink_to(device)
        ids = {each[0] for each in self._cards.values()}
        short = "Device" if "Device" not in ids else f"Device_{number}"
        self._cards[number] = (short, name, socket)
        self._write()
        return number

    def unplug(self, socket: str) -> None:
        number = next(number for number, card in self._cards.items() if card[2] == socket)
        del self._cards[number]
        (self.root / f"sys/class/sound/card{number}/device").unlink()
        (self.root / f"sys/class/sound/card{number}").rmdir()
        self._write()

    def as_portaudio_sees_them(self) -> list[dict[str, Any]]:
        """Its list of inputs, the numbers of cards in the names; first the one that asound.conf makes up."""
        names = [f"{name}: Audio (hw:{number},0)" for number, (_, name, _) in sorted(self._cards.items())]
        return [
            {"name": name, "index": index, "max_input_channels": 1, "default_samplerate": 48_000.0}
            for index, name in enumerate(names)
        ]

    def _write(self) -> None:
        lines = [" 0 [vc4hdmi        ]: vc4-hdmi - vc4-hdmi\n                      vc4-hdmi\n"]
        for number, (short, name, socket) in sorted(self._cards.items()):
            lines.append(f"{number:2d} [{short:<15}]: USB-Audio - {name}\n")
            lines.append(f"                      C-Media {name} at usb-3f980000.usb-{socket[2:]}, full speed\n")
        (self.root / "proc/asound/cards").write_text("".join(lines))
