"""PortAudio through sounddevice: its start, tried in a process of its own before, and its names as printable text."""

import atexit
import importlib
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from babycryd.capture.device_matching import card_number
from babycryd.capture.source import CaptureError
from babycryd.core.printable import printable
from babycryd.core.silenced_stderr import stderr_silenced
from babycryd.system.alsa import is_null_device, remove_surround_encoder, silence_alsa

if TYPE_CHECKING:
    import asyncio

NO_PORTAUDIO: Final = "PortAudio is missing: install libportaudio2 (sudo apt install libportaudio2)"
TRIAL_LIMIT_S: Final = 12.0  # for a new Python and PortAudio's search: 0.1 s, with 5 % of a CPU some seconds
_LONGEST_TEXT: Final = 300  # characters, of an error

_begun: "list[asyncio.Task[Any]]" = []  # trial that began before it was asked for, at most one
_alsa_names: dict[str, bytes] = {}  # of devices, by their printable form


def load_sounddevice() -> Any:
    """Return the sounddevice module, imported late: PortAudio searches for devices when it is loaded (100 ms).

    Raises CaptureError.
    """
    try:
        silence_alsa()
        if "sounddevice" not in sys.modules:
            remove_surround_encoder()
        with stderr_silenced():
            sd = importlib.import_module("sounddevice")
    except OSError as error:
        raise CaptureError(NO_PORTAUDIO) from error
    except Exception as error:  # sounddevice's own PortAudioError cannot be named before it is loaded
        raise CaptureError(cannot_start(error)) from error
    _make_texts_printable(sd)
    return sd


def restart(sd: Any) -> None:
    """Start PortAudio afresh: only then it sees a device that was plugged in again. Raises PortAudioError."""
    with suppress(sd.PortAudioError):  # it does not run where its last start has failed
        sd._terminate()  # noqa: SLF001  # sounddevice offers no public way
    remove_surround_encoder()
    with stderr_silenced():
        sd._initialize()  # noqa: SLF001  # as above


def leave_running() -> None:
    """Let the end of the process not end PortAudio, which would hang as well."""
    handler = getattr(sys.modules.get("sounddevice"), "_exit_handler", None)  # None while its import hangs
    if handler is not None:
        atexit.unregister(handler)


async def begin_trial() -> None:
    """Begin the trial that the next `try_portaudio` of this loop awaits; it runs while this process loads."""
    import asyncio  # the new process, which imports this module, needs none

    _begun[:] = [asyncio.create_task(_trial(), name="portaudio")]
    await asyncio.sleep(0)  # the task begins


def cancel_trial() -> None:
    """End a trial that has begun and that nothing awaits, as the source is no microphone; its process is killed."""
    while _begun:
        _begun.pop().cancel()


async def try_portaudio() -> frozenset[str]:
    """Start PortAudio in a process of its own; return the names of ALSA's null devices, which are no microphones.

    Raises CaptureError where it fails, crashes or hangs: this process must not start it then. A computer that lets no
    other process run is trusted untried.
    """
    from babycryd.system.isolated_call import NoProcessError  # as above

    try:
        return frozenset(await (_begun.pop() if _begun else _trial()))
    except CaptureError as error:
        if isinstance(error.__cause__, NoProcessError):
            return frozenset()
        raise


async def _trial() -> Any:
    return await call_with_portaudio("portaudio:started_null_devices")


async def call_with_portaudio(function: str) -> Any:
    """Return the result, as JSON, of `module:function` of this room in a process of its own. Raises CaptureError."""
    from babycryd.system.isolated_call import IsolatedCallError, call_isolated  # as above

    try:
        return await call_isolated(f"babycryd.capture.{function}", limit_s=TRIAL_LIMIT_S)
    except IsolatedCallError as error:
        raise CaptureError(error.text if error.kind == CaptureError.__name__ else cannot_start(error)) from error


def started_null_devices() -> list[str]:
    """Start PortAudio; return the names of the null devices. Raises CaptureError."""
    return sorted(null_devices(load_sounddevice()))


def null_devices(sd: Any) -> frozenset[str]:
    """Return the names of the inputs that imitate a microphone by ALSA's null plugin."""
    names = {each["name"] for each in sd.query_devices() if each["max_input_channels"]}
    no_cards = {name for name in names if card_number(name) is None}
    return frozenset(name for name in no_cards if is_null_device(_alsa_names.get(name, name.encode())))


def cannot_start(error: Exception) -> str:
    """Return the reason and the remedy where the sound system cannot be started."""
    text = printable(str(error) or type(error).__name__, _LONGEST_TEXT)
    return f"the sound system cannot be started ({text}): look at /etc/asound.conf and ~/.asoundrc"


def _make_texts_printable(sd: Any) -> None:
    """Let sounddevice read printable texts from PortAudio: one name in Latin-1 would hide every device from it."""
    read = getattr(sd, "_ffi_string", None)  # only older versions lack it
    if read is not None and not isinstance(read, partial):
        sd._ffi_string = partial(_printable_bytes, read)  # noqa: SLF001  # sounddevice offers no public way


def _printable_bytes(read: Callable[[Any], bytes], text: Any) -> bytes:
    spelled = read(text)
    shown = printable(spelled)
    if shown.encode() != spelled:
        _alsa_names[shown] = spelled
    return shown.encode()
