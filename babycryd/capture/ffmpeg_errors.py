"""PURE. Reasons why ffmpeg gives no sound, with the remedy, from what it writes to its standard error."""

import re
from typing import Final

from babycryd.core.printable import printable

_LONGEST: Final = 160  # characters, of ffmpeg's own words
_SPEAKER: Final = re.compile(r"^\[[^]]*\] ")  # [rtsp @ 0x5599ba30]: another address each time
_URL: Final = re.compile(r"[a-z]+://[^\s']+")  # may hold name and password
# What ffmpeg 5.1 and 7.1 write, and what it means; the first that is found counts.
_REASONS: Final = tuple(
    (re.compile(pattern), reason)
    for pattern, reason in (
        ("401 Unauthorized|403 Forbidden", "refuses the login: see capture.username and capture.password_file"),
        ("404 Not Found|454 Stream Not Found", "knows no such stream: see the path in capture.url"),
        (
            # a camera without sound has set nothing up when it is asked to play
            "method PLAY failed|matches no streams|does not contain any stream",
            "has no sound track: switch its microphone on, or take another of its streams",
        ),
        (
            "Failed to resolve|Name or service not known|No address associated",
            "has a name that no name server knows: see capture.url",
        ),
        (r"Connection refused|\[Errno 111\]", "refuses the connection: is its stream switched on, and the port right?"),
        (
            "No route to host|Network is unreachable|timed out",
            "cannot be reached: is it switched on and in this network?",
        ),
        ("5XX|5\\d\\d (?:Internal|Service|Server)", "is not ready: does it start, or serve too many others?"),
        (
            "not on whitelist|not in whitelist|Protocol not found|Unknown decoder",
            "sends a kind of sound that is not accepted",
        ),
        (
            "Invalid data|Could not find codec|not supported|Impossible to open",
            "sends nothing that ffmpeg can read as sound",
        ),
        ("ends prematurely|reset by peer|Broken pipe|End of file", "has ended the stream: does it restart?"),
    )
)


def reason_of(words: str, name: str) -> str:
    """Return the reason from ffmpeg's last words; `name`: the source as the owner knows it.

    The same fault has the same text each time. No URL that ffmpeg quotes is left in it.
    """
    for pattern, reason in _REASONS:
        if pattern.search(words):
            return f"{name} {reason}"
    last = _URL.sub("URL", _SPEAKER.sub("", words.strip().rpartition("\n")[2]))
    return f"{name} has ended the stream" + (
        f" (ffmpeg: {printable(last, _LONGEST)})" if last else ": does it restart?"
    )
