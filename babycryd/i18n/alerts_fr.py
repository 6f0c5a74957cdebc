"""PURE. Texts of the alerts in French: messages to the phones, and the alarm of the page."""

from typing import Final

ALERT_TEXTS: Final = {
    "alert.crying.title": "Bébé pleure",
    "alert.crying": "{room} : pleure depuis {since}, soit {length}.",
    "alert.crying.over.title": "De nouveau calme",
    "alert.crying.over": "{room} : calme à {time}, après {length}.",
    "alert.needs_you.title": "Bébé a besoin de vous",
    "alert.needs_you": "{room} : pleure depuis {since}, et la musique n’aide pas.",
    "alert.needs_you.over.title": "De nouveau calme",
    "alert.needs_you.over": "{room} : calme à {time}, après {length}.",
    "alert.deaf.title": "babycryd n’entend rien",
    "alert.deaf": "{room} : des pleurs passeraient inaperçus depuis {since} : {reason}",
    "alert.deaf.over.title": "babycryd entend de nouveau",
    "alert.deaf.over": "{room} : écoute de nouveau depuis {time}, après {length}.",
    "alert.disk.title": "Le disque a besoin de vous",
    "alert.disk": "{room} : l’écoute continue, mais bientôt plus rien ne sera gardé : {reason}",
    "alert.evening.title": "babycryd écoute",
    "alert.evening": "{room} : tout est en ordre à {time}.",
    "alert.week.title": "La semaine",
    "alert.week": "{room}, cette semaine : {reason}",
    "alert.test.title": "Essai",
    "alert.test": "{room} : un essai des alertes. Il ne s’est rien passé.",
    "alert.late": "En retard : l’alerte date de {time}, il n’y avait pas de connexion.",
    "alert.late.over": "C’est fini entre-temps.",
    "alert.acknowledge": "Vu",
    "page.alert.crying": "Bébé pleure",
    "page.alert.needs_you": "Bébé a besoin de vous",
    "page.alert.deaf": "Des pleurs passeraient inaperçus",
    "page.alert.since": "depuis {time}",
    "page.alert.acknowledge": "Vu",
    "page.alert.acknowledged": "vu",
    "page.alarm": "Alarme sur cet appareil",
    "page.alarm.why": (
        "Sonne et vibre tant que cette page est ouverte, aussi quand elle perd la chambre. Les navigateurs "
        "exigent un appui après chaque ouverture."
    ),
    "page.alarm.start": "Donner l’alarme ici",
    "page.alarm.stop": "Couper l’alarme",
    "page.alarm.ready": "prête",
    "page.alarm.off": "coupée",
    "page.push.start": "Prévenir aussi quand la page est fermée",
    "page.push.stop": "Pas de notifications",
    "page.push.failed": "Ce navigateur ne permet pas de notifications : {why}",
    "page.health.alerts": "Alertes",
    "page.remedy.alerts": (
        "L’écoute et la musique continuent. « babycryd doctor --notify » envoie un essai ; le service du "
        "téléphone est-il joignable ?"
    ),
}
