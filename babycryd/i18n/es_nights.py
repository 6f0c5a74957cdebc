"""PURE. Texts of the nights, of what calms and of trouble on the page, in Spanish."""

from typing import Final

TEXTS: Final = {
    # Numbers, changes and pictures of the nights
    "number.point": ",",
    "night.week_before": "semana previa {value}",
    "night.change.less": "{value} menos",
    "night.change.more": "{value} más",
    "night.change.same": "casi igual",
    "night.no_sound": "sin ningún sonido",
    "picture.month": "Llanto en cada una de treinta noches",
    "trend.scale": "llanto, hasta {length}",
    "trend.mean": "línea: media de siete noches",
    # The view of the nights, and the card of tonight
    "page.nights.trend": "Treinta noches",
    "page.nights.timeline": "De la tarde a la mañana",
    "page.nights.by_day": "De mediodía a mediodía",
    "page.tonight.more": "Todas las noches",
    "page.episode.sure": "{confidence} % de certeza",
    "page.episode.listen": "Escuchar",
    "page.alert.no": "No es llanto",
    "page.done.unmarked": "La respuesta queda retirada.",
    # The card of what calms
    "page.calms": "Lo que calma",
    "page.calms.level": "Volumen en la cuna",
    "page.calms.level.now": "como está puesto",
    "page.calms.best": "{sound} es lo que mejor calma: {percent} % de certeza.",
    "page.calms.early.one": "Demasiado pronto para saberlo: {tries} intento hasta ahora.",
    "page.calms.early.other": "Demasiado pronto para saberlo: {tries} intentos hasta ahora.",
    "page.calms.none": "Demasiado pronto para saberlo: aún no se ha probado nada.",
    "page.calms.figures": (
        "calmó {calmed} de {tries} ({share} %), por lo general en {length} · {percent} % de certeza de ser el mejor"
    ),
    "page.calms.figures_none": "no calmó ninguno de {tries} · {percent} % de certeza de ser el mejor",
    "page.calms.not_tried": "sin probar",
    "page.calms.use": "Cuándo suena",
    "page.calms.use.auto": "por turno",
    "page.calms.use.first": "primero",
    "page.calms.use.muted": "nunca",
    "page.calms.all": "Todos los sonidos",
    "page.calms.fewer": "Menos",
    # What needs the owner: the trouble in plain words, and further remedies
    "page.troubles": "Lo que necesita atención",
    "page.trouble.why": "Detalles",
    "page.trouble.microphone": "El micrófono no da sonido.",
    "page.trouble.too_loud": "El micrófono está demasiado alto.",
    "page.trouble.self_test": "La prueba propia no se oyó.",
    "page.trouble.speaker": "El altavoz no suena.",
    "page.trouble.broker": "La casa (MQTT) no recibe nada de babycryd.",
    "page.trouble.broker_rights": "La casa (MQTT) deja entrar a babycryd, pero no escribir o leer todo lo necesario.",
    "page.trouble.cloud": "La nube no responde.",
    "page.trouble.alerts": "Los avisos no llegan a todos.",
    "page.trouble.disk": "No se puede guardar nada en el disco.",
    "page.trouble.clock": "El reloj no está en hora.",
    "page.trouble.update": "Una actualización ha fallado y sigue la versión anterior.",
    "page.trouble.part": "Una parte de babycryd no funciona.",
    "page.remedy.broker_rights": (
        "La escucha y la nana siguen. Da al usuario de babycryd en el broker el derecho a leer y escribir sus "
        "temas; docs/mqtt.md los enumera."
    ),
    "page.remedy.clock": (
        "La escucha sigue; las horas no son correctas hasta poner el reloj en hora. Conecta el aparato a la "
        "red o pon el reloj."
    ),
    "page.remedy.update": (
        "La escucha sigue, y una versión más nueva se instalará cuando llegue. En el aparato, «sudo dpkg --configure "
        "-a» termina una actualización interrumpida y dice qué lo impide."
    ),
    "page.remedy.part": "La escucha sigue. «babycryd doctor» dice qué hacer.",
    "page.health.clock": "Reloj",
    "page.health.update": "Actualización",
    "page.health.part": "Otras partes",
    # The model channel: a new model beside the one that decides
    "page.trouble.model_passed": "Hay un modelo nuevo listo.",
    "page.trouble.model_rolled_back": "Se ha descartado un modelo nuevo.",
    "page.remedy.model_passed": (
        "Ya ha escuchado bastante en paralelo. «babycryd model switch» deja que decida, «babycryd model "
        "rollback» lo descarta. Hasta entonces todo sigue igual."
    ),
    "page.remedy.model_rolled_back": (
        "Avisaba más o no funcionaba. El modelo anterior sigue escuchando y no hay nada que hacer."
    ),
    "page.health.model": "Modelo",
    "page.health.model_trial": "uno nuevo escucha en paralelo ({percent}\u00a0%)",
    "page.health.model_passed": "hay uno nuevo listo",
    "page.health.model_probation": "uno nuevo decide a prueba ({percent}\u00a0%)",
    "page.health.model_rolled_back": "se ha descartado uno nuevo",
}
