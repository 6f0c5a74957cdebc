"""PURE. Texts of the alerts in Spanish: messages to the phones, and the alarm of the page."""

from typing import Final

ALERT_TEXTS: Final = {
    "alert.crying.title": "El bebé llora",
    "alert.crying": "{room}: llora desde las {since}, ya {length}.",
    "alert.crying.over.title": "Otra vez tranquilo",
    "alert.crying.over": "{room}: tranquilo a las {time}, tras {length}.",
    "alert.needs_you.title": "El bebé te necesita",
    "alert.needs_you": "{room}: llora desde las {since} y la música no ayuda.",
    "alert.needs_you.over.title": "Otra vez tranquilo",
    "alert.needs_you.over": "{room}: tranquilo a las {time}, tras {length}.",
    "alert.deaf.title": "babycryd no oye",
    "alert.deaf": "{room}: un llanto pasaría inadvertido desde las {since}: {reason}",
    "alert.deaf.over.title": "babycryd oye de nuevo",
    "alert.deaf.over": "{room}: escucha de nuevo desde las {time}, tras {length}.",
    "alert.disk.title": "El disco te necesita",
    "alert.disk": "{room}: sigue escuchando, pero pronto no se guardará nada: {reason}",
    "alert.evening.title": "babycryd escucha",
    "alert.evening": "{room}: todo en orden a las {time}.",
    "alert.week.title": "La semana",
    "alert.week": "{room}, esta semana: {reason}",
    "alert.test.title": "Prueba",
    "alert.test": "{room}: una prueba de los avisos. No ha pasado nada.",
    "alert.late": "Con retraso: el aviso es de las {time} y no había conexión.",
    "alert.late.over": "Entretanto ha terminado.",
    "alert.acknowledge": "Visto",
    "page.alert.crying": "El bebé llora",
    "page.alert.needs_you": "El bebé te necesita",
    "page.alert.deaf": "Un llanto pasaría inadvertido",
    "page.alert.since": "desde las {time}",
    "page.alert.acknowledge": "Visto",
    "page.alert.acknowledged": "visto",
    "page.alarm": "Alarma en este dispositivo",
    "page.alarm.why": (
        "Suena y vibra mientras esta página está abierta, también si pierde la habitación. Los navegadores "
        "exigen un toque cada vez que se abre."
    ),
    "page.alarm.start": "Dar la alarma aquí",
    "page.alarm.stop": "Quitar la alarma",
    "page.alarm.ready": "lista",
    "page.alarm.off": "apagada",
    "page.push.start": "Avisar también con la página cerrada",
    "page.push.stop": "Sin avisos",
    "page.push.failed": "Este navegador no permite avisos: {why}",
    "page.health.alerts": "Avisos",
    "page.remedy.alerts": (
        "La escucha y la música siguen. «babycryd doctor --notify» envía una prueba; ¿se alcanza el servicio "
        "del teléfono?"
    ),
}
