"""PURE. Spanish texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Cuartos",
    "page.rooms.all.one": "{n} cuarto: {what}.",
    "page.rooms.all.other": "{n} cuartos: {what}.",
    "page.rooms.cry.one": "{n} bebé llora",
    "page.rooms.cry.other": "{n} bebés lloran",
    "page.rooms.deaf.one": "{n} cuarto no se oye",
    "page.rooms.deaf.other": "{n} cuartos no se oyen",
    "page.rooms.troubled.one": "{n} cuarto tiene un problema",
    "page.rooms.troubled.other": "{n} cuartos tienen un problema",
    "page.rooms.quiet": "nada te necesita",
    "page.rooms.none": "No se encontró otro cuarto: el broker debe dejarlos leer, ver docs/mqtt.md.",
    "page.rooms.how": "Solo se conoce este cuarto: pon overview.find u overview.rooms.",
    "page.rooms.more": "Al menos {n} cuartos más no se muestran. Enumera los tuyos en overview.rooms.",
    "page.rooms.trouble": "Ahora no se encuentran otros cuartos: {why}",
    "page.rooms.own": "este cuarto",
    "page.rooms.no_cry": "ningún llanto aún",
    "page.rooms.cry_at": "último llanto a las {time}",
    "page.rooms.last_cry": "último llanto a las {time}, de {length}",
    "page.rooms.state.stopped": "Apagado",
    "page.rooms.state.gone": "Sin conexión",
    "page.rooms.state.silent": "Sin señal de vida",
    "page.rooms.state.unknown": "Desconocido",
    "page.trouble.flood": "Un cuarto envía demasiado",
    "page.remedy.flood": "Ya no se lee. Busca qué publica ahí y abre la página de nuevo.",
    "page.trouble.room_login": "La página de este cuarto pide su contraseña",
    "page.remedy.room_login": "Pon su password_file en overview.rooms.",
    "page.trouble.room_page": "La página de este cuarto no responde",
    "page.remedy.room_page": "¿Está encendido y en la red, es correcta su dirección?",
}
