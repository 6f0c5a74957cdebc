"""PURE. German texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Zimmer",
    "page.rooms.all.one": "{n} Zimmer: {what}.",
    "page.rooms.all.other": "{n} Zimmer: {what}.",
    "page.rooms.cry.one": "{n} Baby weint",
    "page.rooms.cry.other": "{n} Babys weinen",
    "page.rooms.deaf.one": "{n} Zimmer wird nicht gehört",
    "page.rooms.deaf.other": "{n} Zimmer werden nicht gehört",
    "page.rooms.troubled.one": "{n} Zimmer meldet eine Störung",
    "page.rooms.troubled.other": "{n} Zimmer melden eine Störung",
    "page.rooms.quiet": "niemand braucht Sie",
    "page.rooms.none": "Kein anderes Zimmer gefunden: der Broker muss sie babycryd lesen lassen, siehe docs/mqtt.md.",
    "page.rooms.how": "Nur dieses Zimmer ist bekannt: overview.find oder overview.rooms setzen.",
    "page.rooms.more": "Mindestens {n} weitere Zimmer fehlen hier. Ihre in overview.rooms aufzählen.",
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
    "page.remedy.flood": "Es wird nicht mehr gelesen. Den Sender suchen, dann diese Seite neu öffnen.",
    "page.trouble.room_login": "Die Seite dieses Zimmers verlangt ihr Passwort",
    "page.remedy.room_login": "Sein password_file in overview.rooms setzen.",
    "page.trouble.room_page": "Die Seite dieses Zimmers antwortet nicht",
    "page.remedy.room_page": "Ist es an und im Netz, stimmt die Adresse?",
}
