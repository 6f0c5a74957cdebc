"""PURE. Texts of the nights, of what calms and of trouble on the page, in German."""

from typing import Final

TEXTS: Final = {
    # Numbers, changes and pictures of the nights
    "number.point": ",",
    "night.week_before": "Woche davor {value}",
    "night.change.less": "{value} weniger",
    "night.change.more": "{value} mehr",
    "night.change.same": "etwa gleich",
    "night.no_sound": "ohne Musik oder Geräusch",
    "picture.month": "Weinen in jeder von dreißig Nächten",
    "trend.scale": "Weinen, bis {length}",
    "trend.mean": "Linie: Mittel aus sieben Nächten",
    # The view of the nights, and the card of tonight
    "page.nights.trend": "Dreißig Nächte",
    "page.nights.timeline": "Abend bis Morgen",
    "page.nights.by_day": "Mittag bis Mittag",
    "page.tonight.more": "Alle Nächte",
    "page.episode.sure": "zu {confidence} % sicher",
    "page.episode.listen": "Anhören",
    "page.alert.no": "Das ist kein Weinen",
    "page.done.unmarked": "Die Antwort ist zurückgenommen.",
    # The card of what calms
    "page.calms": "Was beruhigt",
    "page.calms.level": "Lautstärke am Bett",
    "page.calms.level.now": "wie eingestellt",
    "page.calms.best": "{sound} beruhigt am besten: zu {percent} % sicher.",
    "page.calms.early.one": "Noch zu früh für ein Urteil: bisher {tries} Versuch.",
    "page.calms.early.other": "Noch zu früh für ein Urteil: bisher {tries} Versuche.",
    "page.calms.none": "Noch zu früh für ein Urteil: noch nichts versucht.",
    "page.calms.figures": "{calmed} von {tries} Mal beruhigt ({share} %), meist in {length} · zu {percent} % der beste",
    "page.calms.figures_none": "{tries} Mal versucht, nie beruhigt · zu {percent} % der beste",
    "page.calms.not_tried": "noch nicht versucht",
    "page.calms.use": "Wann es spielt",
    "page.calms.use.auto": "der Reihe nach",
    "page.calms.use.first": "zuerst",
    "page.calms.use.muted": "nie",
    "page.calms.all": "Alle Klänge",
    "page.calms.fewer": "Weniger",
    # What needs the owner: the trouble in plain words, and further remedies
    "page.troubles": "Was zu tun ist",
    "page.trouble.why": "Einzelheiten",
    "page.trouble.microphone": "Das Mikrofon liefert keinen Ton.",
    "page.trouble.too_loud": "Das Mikrofon ist zu laut eingestellt.",
    "page.trouble.self_test": "Der Selbsttest war nicht zu hören.",
    "page.trouble.speaker": "Der Lautsprecher spielt nicht.",
    "page.trouble.broker": "Das Zuhause (MQTT) hört nichts von babycryd.",
    "page.trouble.broker_rights": "Das Zuhause (MQTT) lässt babycryd herein, aber nicht alles schreiben oder lesen.",
    "page.trouble.cloud": "Die Cloud antwortet nicht.",
    "page.trouble.alerts": "Meldungen kommen nicht bei allen an.",
    "page.trouble.disk": "Auf dem Datenträger lässt sich nichts behalten.",
    "page.trouble.clock": "Die Uhr ist nicht gestellt.",
    "page.trouble.update": "Eine Aktualisierung ist misslungen, die Version davor läuft weiter.",
    "page.trouble.part": "Ein Teil von babycryd läuft nicht.",
    "page.remedy.broker_rights": (
        "Hören und Schlaflied gehen weiter. Dem Benutzer von babycryd am Broker das Recht geben, seine Themen "
        "zu lesen und zu schreiben; docs/mqtt.md nennt sie."
    ),
    "page.remedy.clock": (
        "Das Hören geht weiter; Zeiten stimmen erst, wenn die Uhr gestellt ist. Das Gerät mit dem Netz "
        "verbinden oder die Uhr stellen."
    ),
    "page.remedy.update": (
        "Das Hören geht weiter, und eine neuere Version wird installiert, sobald es sie gibt. Auf dem Gerät beendet "
        "„sudo dpkg --configure -a“ eine unterbrochene Aktualisierung und sagt, was im Weg ist."
    ),
    "page.remedy.part": "Das Hören geht weiter. „babycryd doctor“ sagt, was zu tun ist.",
    "page.health.clock": "Uhr",
    "page.health.update": "Aktualisierung",
    "page.health.part": "Andere Teile",
    # The model channel: a new model beside the one that decides
    "page.trouble.model_passed": "Ein neues Modell ist bereit.",
    "page.trouble.model_rolled_back": "Ein neues Modell wurde verworfen.",
    "page.remedy.model_passed": (
        "Es hat lange genug mitgehört. „babycryd model switch“ lässt es entscheiden, „babycryd model "
        "rollback“ verwirft es. Bis dahin bleibt alles, wie es ist."
    ),
    "page.remedy.model_rolled_back": (
        "Es meldete öfter oder lief nicht. Das Modell davor hört weiter, und es ist nichts zu tun."
    ),
    "page.health.model": "Modell",
    "page.health.model_trial": "ein neues hört mit ({percent}\u00a0%)",
    "page.health.model_passed": "ein neues ist bereit",
    "page.health.model_probation": "ein neues entscheidet auf Probe ({percent}\u00a0%)",
    "page.health.model_rolled_back": "ein neues wurde verworfen",
}
