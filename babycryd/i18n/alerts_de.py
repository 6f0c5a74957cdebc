"""PURE. Texts of the alerts in German: messages to the phones, and the alarm of the page."""

from typing import Final

ALERT_TEXTS: Final = {
    "alert.crying.title": "Das Baby weint",
    "alert.crying": "{room}: weint seit {since}, schon {length}.",
    "alert.crying.over.title": "Wieder ruhig",
    "alert.crying.over": "{room}: ruhig um {time}, nach {length}.",
    "alert.needs_you.title": "Das Baby braucht Sie",
    "alert.needs_you": "{room}: weint seit {since}, und die Musik hilft nicht.",
    "alert.needs_you.over.title": "Wieder ruhig",
    "alert.needs_you.over": "{room}: ruhig um {time}, nach {length}.",
    "alert.deaf.title": "babycryd hört nichts",
    "alert.deaf": "{room}: ein Weinen würde nicht bemerkt, seit {since}: {reason}",
    "alert.deaf.over.title": "babycryd hört wieder",
    "alert.deaf.over": "{room}: hört wieder zu seit {time}, nach {length}.",
    "alert.disk.title": "Der Datenträger braucht Sie",
    "alert.disk": "{room}: es hört weiter zu, aber bald wird nichts mehr festgehalten: {reason}",
    "alert.evening.title": "babycryd hört zu",
    "alert.evening": "{room}: um {time} ist alles in Ordnung.",
    "alert.week.title": "Die Woche",
    "alert.week": "{room}, diese Woche: {reason}",
    "alert.test.title": "Probe",
    "alert.test": "{room}: eine Probe der Alarme. Es ist nichts geschehen.",
    "alert.late": "Verspätet: die Meldung ist von {time}, es gab keine Verbindung.",
    "alert.late.over": "Es ist inzwischen vorbei.",
    "alert.acknowledge": "Gesehen",
    "page.alert.crying": "Das Baby weint",
    "page.alert.needs_you": "Das Baby braucht Sie",
    "page.alert.deaf": "Ein Weinen würde nicht bemerkt",
    "page.alert.since": "seit {time}",
    "page.alert.acknowledge": "Gesehen",
    "page.alert.acknowledged": "gesehen",
    "page.alarm": "Alarm auf diesem Gerät",
    "page.alarm.why": (
        "Klingt und vibriert, solange diese Seite offen ist, auch wenn sie das Kinderzimmer verliert. "
        "Browser verlangen nach jedem Öffnen ein Antippen."
    ),
    "page.alarm.start": "Hier Alarm geben",
    "page.alarm.stop": "Alarm aus",
    "page.alarm.ready": "bereit",
    "page.alarm.off": "aus",
    "page.push.start": "Auch bei geschlossener Seite melden",
    "page.push.stop": "Keine Meldungen",
    "page.push.failed": "Dieser Browser erlaubt keine Meldungen: {why}",
    "page.health.alerts": "Alarme",
    "page.remedy.alerts": (
        "Zuhören und Musik gehen weiter. „babycryd doctor --notify“ sendet eine Probe; ist der Dienst des "
        "Telefons erreichbar?"
    ),
}
