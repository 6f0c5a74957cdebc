"""PURE. Alert policy: when a condition becomes an alert, who is told, how often, and when it is over.

The first recipients are told as soon as a condition has lasted for its time. Until the alert is acknowledged or over,
each is told again after a pause, and further recipients are told after a time of their own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from babycryd.core.alert import AlertKind, AlertState
from babycryd.notify.notice import Notice, Step, notice_id


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient, and how long an alert must stay unacknowledged before it is told."""

    name: str
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AlertLimits:
    """Times and counts of the policy."""

    crying_s: float = 60.0
    deaf_s: float = 180.0
    repeat_s: float = 120.0
    repeats: int = 30

    def lasts_s(self, kind: AlertKind) -> float:
        """Return how long a condition lasts before it is an alert."""
        return {"crying": self.crying_s, "deaf": self.deaf_s, "needs_you": 0.0}[kind]


@dataclass(slots=True)
class _Alert:
    """A condition that lasts, and whom it was told."""

    id: str
    kind: AlertKind
    began_utc_s: float
    due_s: float  # when the first recipients are told
    reason: str
    raised: bool = False
    acknowledged: bool = False
    told: dict[str, int] = field(default_factory=dict)  # by recipient: count of notices
    next_s: dict[str, float] = field(default_factory=dict)  # by recipient who was told: when again


class AlertPolicy:
    """Policy of the alerts. `at_s` is of one clock that never goes back, `utc_s` seconds since 1970."""

    def __init__(self, limits: AlertLimits, recipients: Callable[[], Sequence[Recipient]]) -> None:
        self._limits = limits
        self._recipients = recipients
        self._alerts: dict[AlertKind, _Alert] = {}

    @property
    def state(self) -> AlertState:
        """The state of all alerts together, in one word."""
        waiting = [each for each in self._alerts.values() if each.raised and not each.acknowledged]
        later = {each.name for each in self._recipients() if each.after_s > 0}
        if any(later & each.told.keys() for each in waiting):
            return "escalated"
        if waiting:
            return "told"
        return "acknowledged" if any(each.raised for each in self._alerts.values()) else "quiet"

    @property
    def loudest(self) -> tuple[AlertKind | None, float | None]:
        """The kind of the alert behind `state`, and when its condition began, UTC; None where it is quiet."""
        raised = [each for each in self._alerts.values() if each.raised]
        first = min(raised, key=lambda each: (each.acknowledged, each.due_s), default=None)
        return (None, None) if first is None else (first.kind, first.began_utc_s)

    def begin(self, kind: AlertKind, key: str, at_s: float, utc_s: float, reason: str = "") -> None:
        """Note that a condition begins; one that lasts already gets the new reason. `key` names it in ids."""
        if alert := self._alerts.get(kind):
            alert.reason = reason
            return
        due_s = at_s + self._limits.lasts_s(kind)
        self._alerts[kind] = _Alert(f"{kind}-{key}", kind, utc_s, due_s, reason)

    def promote(self, kind: AlertKind, to: AlertKind, key: str, at_s: float, utc_s: float) -> None:
        """Let a condition take the place of another one, unless that was acknowledged."""
        before = self._alerts.get(kind)
        if before is None or not before.acknowledged:
            self._alerts.pop(kind, None)
            self.begin(to, key, at_s, utc_s if before is None else before.began_utc_s)

    def hasten(self, kind: AlertKind, at_s: float) -> None:
        """Make an alert of a condition that lasts, at once."""
        if alert := self._alerts.get(kind):
            alert.due_s = min(alert.due_s, at_s)

    def end(self, kind: AlertKind, utc_s: float, *, tell: bool = True) -> list[Notice]:
        """Note that a condition is over; return the notices to those who were told of it, where `tell`."""
        alert = self._alerts.pop(kind, None)
        if alert is None or not tell:
            return []
        return [_notice(alert, "over", name, utc_s) for name in alert.told]

    def is_raised(self, kind: AlertKind) -> bool:
        """Return whether there is an alert of this kind."""
        return kind in self._alerts and self._alerts[kind].raised

    def due(self, at_s: float, utc_s: float) -> list[Notice]:
        """Return the notices that are due."""
        notices = []
        for alert in self._alerts.values():
            alert.raised = alert.raised or at_s >= alert.due_s
            due = [name for name, time_s in self._times(alert) if time_s <= at_s]
            notices += [self._tell(alert, name, at_s, utc_s) for name in due]
        return notices

    def next_s(self) -> float | None:
        """Return when `due` has something to do next; None: not before an event."""
        waiting = [each.due_s for each in self._alerts.values() if not each.raised]
        return min([*waiting, *(at_s for each in self._alerts.values() for _, at_s in self._times(each))], default=None)

    def acknowledge(self) -> list[str]:
        """Note that a parent has seen the alerts: none is told again. Return their ids."""
        waiting = [each for each in self._alerts.values() if each.raised and not each.acknowledged]
        for alert in waiting:
            alert.acknowledged = True
        return [each.id for each in waiting]

    def move(self, step_s: float) -> None:
        """Let every condition begin `step_s` later, because the clock was set."""
        for alert in self._alerts.values():
            alert.began_utc_s += step_s

    def _times(self, alert: _Alert) -> list[tuple[str, float]]:
        """Return when each recipient is told next; nothing where an alert is acknowledged."""
        if alert.acknowledged:
            return []
        return [
            (each.name, alert.next_s.get(each.name, alert.due_s + each.after_s))
            for each in self._recipients()
            if alert.told.get(each.name, 0) <= self._limits.repeats
        ]

    def _tell(self, alert: _Alert, name: str, at_s: float, utc_s: float) -> Notice:
        told = alert.told.get(name, 0)
        alert.told[name] = told + 1
        alert.next_s[name] = at_s + self._limits.repeat_s
        return _notice(alert, "again" if told else "first", name, utc_s)


def _notice(alert: _Alert, step: Step, to: str, utc_s: float) -> Notice:
    id_ = notice_id(alert.id, step, alert.told[to], to)
    return Notice(id_, alert.id, to, alert.kind, step, alert.began_utc_s, utc_s, alert.reason)
