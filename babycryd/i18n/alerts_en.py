"""PURE. Texts of the alerts in English: messages to the phones, and the alarm of the page."""

from typing import Final

ALERT_TEXTS: Final = {
    "alert.crying.title": "The baby is crying",
    "alert.crying": "{room}: crying since {since}, for {length}.",
    "alert.crying.over.title": "Calm again",
    "alert.crying.over": "{room}: calm at {time}, after {length}.",
    "alert.needs_you.title": "The baby needs you",
    "alert.needs_you": "{room}: crying since {since}, and the music does not help.",
    "alert.needs_you.over.title": "Calm again",
    "alert.needs_you.over": "{room}: calm at {time}, after {length}.",
    "alert.deaf.title": "babycryd cannot hear",
    "alert.deaf": "{room}: a cry would not be noticed, since {since}: {reason}",
    "alert.deaf.over.title": "babycryd hears again",
    "alert.deaf.over": "{room}: listening again since {time}, after {length}.",
    "alert.disk.title": "The disk needs you",
    "alert.disk": "{room}: listening goes on, but soon nothing is remembered: {reason}",
    "alert.evening.title": "babycryd is listening",
    "alert.evening": "{room}: everything is in order at {time}.",
    "alert.week.title": "The week",
    "alert.week": "{room}, this week: {reason}",
    "alert.test.title": "Test",
    "alert.test": "{room}: this is a test of the alerts. Nothing has happened.",
    "alert.late": "Sent late: it is of {time}, and there was no connection.",
    "alert.late.over": "It is over by now.",
    "alert.acknowledge": "I have seen it",
    "page.alert.crying": "The baby is crying",
    "page.alert.needs_you": "The baby needs you",
    "page.alert.deaf": "A cry would not be noticed",
    "page.alert.since": "since {time}",
    "page.alert.acknowledge": "I have seen it",
    "page.alert.acknowledged": "seen",
    "page.alarm": "Alarm on this device",
    "page.alarm.why": (
        "Sounds and vibrates while this page is open, also when it loses the nursery. Browsers demand one "
        "tap after each opening."
    ),
    "page.alarm.start": "Sound the alarm here",
    "page.alarm.stop": "Alarm off",
    "page.alarm.ready": "ready",
    "page.alarm.off": "off",
    "page.push.start": "Notify me when the page is closed",
    "page.push.stop": "No notifications",
    "page.push.failed": "This browser allows no notifications: {why}",
    "page.health.alerts": "Alerts",
    "page.remedy.alerts": (
        "Listening and lullaby go on. “babycryd doctor --notify” sends a test; is the phone’s service reachable?"
    ),
}
