"""PURE. English texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Rooms",
    "page.rooms.all.one": "{n} room",
    "page.rooms.all.other": "{n} rooms",
    "page.rooms.cry.one": "{n} baby is crying",
    "page.rooms.cry.other": "{n} babies are crying",
    "page.rooms.deaf.one": "{n} room is not heard",
    "page.rooms.deaf.other": "{n} rooms are not heard",
    "page.rooms.quiet": "nothing needs you",
    "page.rooms.none": (
        "No other room was found. The broker’s access list must let this babycryd read the others; "
        "docs/mqtt.md shows how."
    ),
    "page.rooms.how": (
        "Only this room is known. Set overview.find or overview.rooms in the configuration, and restart babycryd."
    ),
    "page.rooms.more": (
        "There are at least {n} more rooms at the broker, too many to show. List yours in overview.rooms."
    ),
    "page.rooms.trouble": "Other rooms cannot be found now: {why}",
    "page.rooms.own": "this room",
    "page.rooms.no_cry": "no cry yet",
    "page.rooms.cry_at": "last cry at {time}",
    "page.rooms.last_cry": "last cry at {time}, {length} long",
    "page.rooms.state.stopped": "Switched off",
    "page.rooms.state.gone": "Not reachable",
    "page.rooms.state.silent": "No sign of life",
    "page.rooms.state.unknown": "Not known",
    "page.trouble.flood": "One room sends too much",
    "page.remedy.flood": "It is not read any more. Find what publishes on its topics, and open this page again.",
    "page.trouble.room_login": "The page of this room wants its password",
    "page.remedy.room_login": "Set the password_file of this room in overview.rooms.",
    "page.trouble.room_page": "The page of this room does not answer",
    "page.remedy.room_page": "Is it switched on, in the network, and the address in overview.rooms right?",
}
