"""Camera of the tests: GStreamer's RTSP server, which can be killed, frozen and started again."""

import json
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from tests.support.ports import free_port

PYTHON = "/usr/bin/python3"
PROGRAM = Path(__file__).with_name("rtsp_program.py")
NEEDED = (
    "gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); assert Gst.ElementFactory.find('voaacenc')"
)
PACKAGES = (
    "gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
)
TONE = "audiotestsrc is-live=true wave=pink-noise volume=0.1 ! audio/x-raw,rate={},channels=1 ! "
OPUS = "opusenc ! rtpopuspay name=pay0 pt=97"
CODECS = {
    "/opus": TONE.format(48_000) + OPUS,
    "/aac": TONE.format(16_000) + "audioconvert ! voaacenc ! rtpmp4gpay name=pay0",
    "/alaw": TONE.format(8_000) + "alawenc ! rtppcmapay name=pay0",
    "/l16": TONE.format(16_000) + "audioconvert ! rtpL16pay name=pay0",
}
VIDEO = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=10/1 ! vp8enc deadline=1 ! rtpvp8pay "
FILE = "filesrc location={} ! wavparse ! audioconvert ! audioresample ! " + OPUS


def need_gstreamer() -> None:
    """Skip where GStreamer's RTSP server is not installed."""
    found = subprocess.run([PYTHON, "-c", f"import gi; {NEEDED}"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip(f"no RTSP server of GStreamer: apt install {PACKAGES}")


class RtspCamera:
    """`with RtspCamera(mounts) as camera:` serves these launch lines by path on `camera.port`."""

    def __init__(
        self,
        mounts: Mapping[str, str],
        *,
        login: tuple[str, str] = ("", ""),
        digest: bool = True,
        certificate: Path | None = None,
    ) -> None:
        """`certificate`: folder of server.pem and server.key; None: no TLS. It needs a login."""
        need_gstreamer()
        self.port = free_port()
        self._scheme = "rtsps" if certificate else "rtsp"
        wanted = {"port": self.port, "mounts": mounts, "username": login[0], "password": login[1], "digest": digest}
        wanted["certificate"] = str(certificate or "")
        self._command = [PYTHON, str(PROGRAM), json.dumps(wanted)]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        """Start the server; it answers when this returns."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == str(self.port)

    def kill(self) -> None:
        """Kill the server, as a camera whose process crashes: the connection is closed."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def freeze(self) -> None:
        """Stop the server, as a camera without power: the connection stays, and nothing comes."""
        self._process.send_signal(signal.SIGSTOP)

    def url(self, path: str) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}{path}"
