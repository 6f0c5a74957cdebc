"""PURE. English texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Rooms",
    "page.rooms.all.one": "{n} room: {what}.",
    "page.rooms.all.other": "{n} rooms: {what}.",
    "page.rooms.cry.one": "{n} baby is crying",
    "page.rooms.cry.other": "{n} babies are crying",
    "page.rooms.deaf.one": "{n} room is not heard",
    "page.rooms.deaf.other": "{n} rooms are not heard",
    "page.rooms.troubled.one": "{n} room has trouble",
    "page.rooms.troubled.other": "{n} rooms have trouble",
    "page.rooms.quiet": "nothing needs you",
    "page.rooms.none": "No other room found: the broker must let this babycryd read them, see docs/mqtt.md.",
    "page.rooms.how": "Only this room is known: set overview.find or overview.rooms.",
    "page.rooms.more": "At least {n} more rooms are not shown. List yours in overview.rooms.",
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
    "page.remedy.flood": "It is not read any more. Find what publishes there, then open this page again.",
    "page.trouble.room_login": "The page of this room wants its password",
    "page.remedy.room_login": "Set its password_file in overview.rooms.",
    "page.trouble.room_page": "The page of this room does not answer",
    "page.remedy.room_page": "Is it on and in the network, and its address right?",
}
