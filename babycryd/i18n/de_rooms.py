"""PURE. German texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Zimmer",
    "page.rooms.all.one": "{n} Zimmer",
    "page.rooms.all.other": "{n} Zimmer",
    "page.rooms.cry.one": "{n} Baby weint",
    "page.rooms.cry.other": "{n} Babys weinen",
    "page.rooms.deaf.one": "{n} Zimmer wird nicht gehört",
    "page.rooms.deaf.other": "{n} Zimmer werden nicht gehört",
    "page.rooms.quiet": "niemand braucht Sie",
    "page.rooms.none": (
        "Kein anderes Zimmer wurde gefunden. Die Zugriffsliste des Brokers muss dieses babycryd die "
        "anderen lesen lassen; docs/mqtt.md zeigt, wie."
    ),
    "page.rooms.how": (
        "Nur dieses Zimmer ist bekannt. In der Konfiguration overview.find oder overview.rooms setzen "
        "und babycryd neu starten."
    ),
    "page.rooms.more": (
        "Am Broker sind mindestens {n} weitere Zimmer, zu viele für diese Seite. Ihre in overview.rooms aufzählen."
    ),
    "page.rooms.trouble": "Andere Zimmer sind jetzt nicht zu finden: {why}",
    "page.rooms.own": "dieses Zimmer",
    "page.rooms.no_cry": "noch kein Weinen",
    "page.rooms.cry_at": "letztes Weinen um {time}",
    "page.rooms.last_cry": "letztes Weinen um {time}, {length} lang",
    "page.rooms.state.stopped": "Ausgeschaltet",
    "page.rooms.state.gone": "Nicht erreichbar",
    "page.rooms.state.silent": "Kein Lebenszeichen",
    "page.rooms.state.unknown": "Nicht bekannt",
    "page.trouble.flood": "Ein Zimmer sendet zu viel",
    "page.remedy.flood": (
        "Es wird nicht mehr gelesen. Suchen, was auf seinen Topics sendet, und diese Seite neu öffnen."
    ),
    "page.trouble.room_login": "Die Seite dieses Zimmers verlangt ihr Passwort",
    "page.remedy.room_login": "Für dieses Zimmer password_file in overview.rooms setzen.",
    "page.trouble.room_page": "Die Seite dieses Zimmers antwortet nicht",
    "page.remedy.room_page": "Ist es an und im Netz, stimmt die Adresse in overview.rooms?",
}
