"""PURE. Texts of the nights, of what calms and of trouble on the page, in French."""

from typing import Final

TEXTS: Final = {
    # Numbers, changes and pictures of the nights
    "number.point": ",",
    "night.week_before": "semaine d’avant {value}",
    "night.change.less": "{value} de moins",
    "night.change.more": "{value} de plus",
    "night.change.same": "à peu près pareil",
    "night.no_sound": "sans aucun son",
    "picture.month": "Pleurs de chacune des trente nuits",
    "trend.scale": "pleurs, jusqu’à {length}",
    "trend.mean": "ligne : moyenne de sept nuits",
    # The view of the nights, and the card of tonight
    "page.nights.trend": "Trente nuits",
    "page.nights.timeline": "Du soir au matin",
    "page.nights.by_day": "De midi à midi",
    "page.tonight.more": "Toutes les nuits",
    "page.episode.sure": "sûr à {confidence} %",
    "page.episode.listen": "Écouter",
    "page.alert.no": "Ce n’est pas un pleur",
    "page.done.unmarked": "La réponse est retirée.",
    # The card of what calms
    "page.calms": "Ce qui calme",
    "page.calms.level": "Volume au lit",
    "page.calms.level.now": "tel qu’il est réglé",
    "page.calms.best": "{sound} calme le mieux : sûr à {percent} %.",
    "page.calms.early.one": "Trop tôt pour le dire : {tries} essai jusqu’ici.",
    "page.calms.early.other": "Trop tôt pour le dire : {tries} essais jusqu’ici.",
    "page.calms.none": "Trop tôt pour le dire : rien n’a encore été essayé.",
    "page.calms.figures": (
        "a calmé {calmed} fois sur {tries} ({share} %), souvent en {length} · le meilleur à {percent} %"
    ),
    "page.calms.figures_none": "n’a calmé aucun des {tries} · le meilleur à {percent} %",
    "page.calms.not_tried": "pas encore essayé",
    "page.calms.use": "Quand il joue",
    "page.calms.use.auto": "à son tour",
    "page.calms.use.first": "d’abord",
    "page.calms.use.muted": "jamais",
    "page.calms.all": "Tous les sons",
    "page.calms.fewer": "Moins",
    # What needs the owner: the trouble in plain words, and further remedies
    "page.troubles": "Ce qui demande votre aide",
    "page.trouble.why": "Détails",
    "page.trouble.microphone": "Le micro ne donne aucun son.",
    "page.trouble.too_loud": "Le micro est réglé trop fort.",
    "page.trouble.self_test": "L’autotest n’a pas été entendu.",
    "page.trouble.speaker": "Le haut-parleur ne joue pas.",
    "page.trouble.broker": "La maison (MQTT) ne reçoit rien de babycryd.",
    "page.trouble.broker_rights": (
        "La maison (MQTT) laisse entrer babycryd, mais pas écrire ou lire tout ce qu’il faut."
    ),
    "page.trouble.cloud": "Le cloud ne répond pas.",
    "page.trouble.alerts": "Les alertes n’arrivent pas à tous.",
    "page.trouble.disk": "Rien ne peut être gardé sur le disque.",
    "page.trouble.clock": "L’horloge n’est pas à l’heure.",
    "page.trouble.update": "Une mise à jour a échoué, et la version précédente continue.",
    "page.trouble.part": "Une partie de babycryd ne tourne pas.",
    "page.remedy.broker_rights": (
        "L’écoute et la berceuse continuent. Donnez à l’utilisateur de babycryd sur le broker le droit de "
        "lire et d’écrire ses sujets ; docs/mqtt.md les énumère."
    ),
    "page.remedy.clock": (
        "L’écoute continue ; les heures sont fausses tant que l’horloge n’est pas réglée. Connectez "
        "l’appareil au réseau, ou réglez l’horloge."
    ),
    "page.remedy.update": (
        "L’écoute continue, et une version plus récente sera installée dès qu’elle viendra. Sur l’appareil, "
        "«\u00a0sudo dpkg --configure -a\u00a0» termine une mise à jour interrompue et dit ce qui la gêne."
    ),
    "page.remedy.part": "L’écoute continue. «\u00a0babycryd doctor\u00a0» dit quoi faire.",
    "page.health.clock": "Horloge",
    "page.health.update": "Mise à jour",
    "page.health.part": "Autres parties",
    # The model channel: a new model beside the one that decides
    "page.trouble.model_passed": "Un nouveau modèle est prêt.",
    "page.trouble.model_rolled_back": "Un nouveau modèle a été écarté.",
    "page.remedy.model_passed": (
        "Il a écouté assez longtemps en parallèle. «\u00a0babycryd model switch\u00a0» le laisse décider, "
        "«\u00a0babycryd model rollback\u00a0» l’écarte. D’ici là, rien ne change."
    ),
    "page.remedy.model_rolled_back": (
        "Il alertait plus souvent ou ne tournait pas. Le modèle précédent écoute toujours ; il n’y a rien à faire."
    ),
    "page.health.model": "Modèle",
    "page.health.model_trial": "un nouveau écoute en parallèle ({percent}\u00a0%)",
    "page.health.model_passed": "un nouveau est prêt",
    "page.health.model_probation": "un nouveau décide à l’essai ({percent}\u00a0%)",
    "page.health.model_rolled_back": "un nouveau a été écarté",
}
