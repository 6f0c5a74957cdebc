"""PURE. A message: a notice in words, in the owner's language."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final, Literal

from babycryd.core.printable import printable
from babycryd.i18n import say
from babycryd.i18n.lengths import length
from babycryd.notify.notice import Notice, NoticeKind, Step

LATE_S: Final = 60.0  # a notice that is sent later than this says so
_LONGEST_REASON: Final = 300  # characters
_LONGEST_DIGEST: Final = 800  # the same; Pushover takes 1024 with the rest
_ALARMING: Final = frozenset({"crying", "needs_you", "deaf"})
Urgency = Literal["high", "normal", "low"]


@dataclass(frozen=True, slots=True)
class Home:
    """What messages say of this device, and how."""

    device: str
    room: str = ""
    language: str = "en"
    zone: tzinfo | None = None  # None: that of this computer

    def clock(self, utc_s: float) -> str:
        """Return a local time, such as `02:13`."""
        return f"{datetime.fromtimestamp(utc_s, UTC).astimezone(self.zone):%H:%M}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message, ready to be given to a service. All fields are JSON-ready."""

    id: str  # of the notice
    alert: str  # id of the alert, the same in all its messages
    device: str
    kind: NoticeKind
    step: Step
    title: str
    text: str
    urgency: Urgency
    late: bool
    began_at: str  # ISO-8601, UTC
    button: str = ""  # label of the button that acknowledges; empty: no button
    token: str = ""  # that the button sends back; empty: the button has no token

    def fields(self) -> dict[str, Any]:
        """Return what webhooks get: everything but the button's token."""
        return {key: value for key, value in asdict(self).items() if key not in {"button", "token"}}


def message_of(notice: Notice, home: Home, at_utc_s: float, *, over: bool, token: str = "") -> Message:
    """Put a notice into words, as it is sent at `at_utc_s`. `over`: what it tells of has ended meanwhile."""
    late = at_utc_s - notice.raised_utc_s >= LATE_S
    alarming = notice.step != "over" and notice.kind in _ALARMING
    soft = notice.step == "over" or notice.kind == "week"
    key = f"alert.{notice.kind}" + (".over" if notice.step == "over" else "")
    sentences = [say(home.language, key, **_places(notice, home))]
    if late:
        sentences.append(say(home.language, "alert.late", time=home.clock(notice.raised_utc_s)))
    if late and over and alarming:
        sentences.append(say(home.language, "alert.late.over"))
    button = say(home.language, "alert.acknowledge") if alarming and not over else ""
    return Message(
        id=notice.id,
        alert=notice.alert,
        device=home.device,
        kind=notice.kind,
        step=notice.step,
        title=say(home.language, f"{key}.title"),
        text=" ".join(sentences),
        urgency="high" if alarming and not over else "low" if soft else "normal",
        late=late,
        began_at=datetime.fromtimestamp(notice.began_utc_s, UTC).isoformat(timespec="seconds"),
        button=button,
        token=token if button else "",
    )


def _places(notice: Notice, home: Home) -> Mapping[str, str]:
    return {
        "room": home.room or home.device,
        "since": home.clock(notice.began_utc_s),
        "time": home.clock(notice.raised_utc_s),
        "length": length(max(0.0, notice.raised_utc_s - notice.began_utc_s), home.language),
        "reason": printable(notice.reason, _LONGEST_DIGEST if notice.kind == "week" else _LONGEST_REASON),
    }
