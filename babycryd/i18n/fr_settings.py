"""PURE. Texts of the settings on the page in French. The page loads them when the settings open."""

from typing import Final

TEXTS: Final = {
    "settings.title": "Réglages de la chambre",
    "settings.kept.file": "Enregistré dans {path}, avec vos commentaires.",
    "settings.kept.page": (
        "Cette page ne peut pas écrire {path}. Elle garde ses réglages dans {own}, et ils l’emportent sur ce "
        "fichier. Pour changer le fichier lui-même, modifiez-le en root sur l’ordinateur."
    ),
    "settings.kept.none": "Il n’y a pas de fichier de configuration. Les réglages sont dans {own}.",
    "settings.fault": (
        "Les réglages de cette page avaient une erreur et ne comptent pas. Le prochain changement les remplace."
    ),
    "settings.closed": (
        "Rien ne peut être changé ici pour l’instant."
        " «\u00a0babycryd check-config\u00a0» sur l’ordinateur dit pourquoi."
    ),
    "settings.saved": "Enregistré.",
    "settings.changed": "Cela a été changé ailleurs entre-temps. Voici ce qui compte maintenant.",
    "settings.in_file": "La configuration dit {value} ; cette page l’emporte.",
    "settings.restart": "Attend un redémarrage : {what}",
    "settings.restart.now": "Redémarrer babycryd maintenant",
    "settings.restart.why": "Il n’entend rien pendant une demi-minute environ.",
    "settings.restarting": "Il redémarre …",
    "settings.test": "Tester maintenant",
    "settings.test.why": "Un son retentit pendant deux secondes, et le micro doit l’entendre.",
    "settings.test.running": "Le son retentit …",
    "settings.test.heard": "Le micro entend le haut-parleur.",
    "settings.test.not_heard": "Le micro n’a pas entendu le son. Le haut-parleur est-il allumé, et assez fort ?",
    "settings.test.failed": "L’essai n’a pas pu être fait. Le haut-parleur est-il branché et allumé ?",
    "settings.hearing": "Sensibilité",
    "settings.hearing.1": "Très sensible",
    "settings.hearing.2": "Sensible",
    "settings.hearing.3": "Équilibrée",
    "settings.hearing.4": "Moins sensible",
    "settings.hearing.5": "La moins sensible",
    "settings.hearing.means": (
        "Trouve {found} pleurs sur 100. Fausses alertes : {lively} par heure dans une maison animée, une en "
        "{nights} nuits calmes environ."
    ),
    "settings.hearing.own": "Valeur propre : {value}",
    "settings.hearing.why": "Mesuré sur 16 heures de scènes d’essai ; aucune maison ne leur ressemble en tout.",
    "settings.lullaby": "Berceuse",
    "settings.lullaby.enabled": "Un pleur lance une berceuse",
    "settings.quiet": "Heures de silence",
    "settings.quiet.why": "Aucune berceuse ne commence alors. Laissez les deux vides s’il n’y en a pas.",
    "settings.from": "de",
    "settings.to": "à",
    "settings.volume": "Volume maximal",
    "settings.volume.why": "100 % sur la première page est cette part de ce que peut le haut-parleur.",
    "settings.dba": "Au berceau, au plus",
    "settings.dba.why": "Compte une fois le volume mesuré.",
    "settings.measure": "Mesurer le volume",
    "settings.sounds": "Sons",
    "settings.strategy": "Comment il apaise",
    "settings.strategy.ladder": "Un son après l’autre",
    "settings.strategy.learning": "D’abord ce qui a calmé ce bébé",
    "settings.strategy.lullaby": "Une berceuse tant qu’il pleure",
    "settings.settle": "D’abord, laisser le bébé se calmer seul",
    "settings.choose": "Choisir et couper des sons",
    "settings.alerts": "Alertes",
    "settings.crying": "Alerter après des pleurs de",
    "settings.repeat": "Répéter jusqu’à ce que ce soit vu, toutes les",
    "settings.evening": "Envoyer chaque soir un message qu’il écoute, à",
    "settings.evening.why": "Laissez vide pour ne recevoir aucun message.",
    "settings.digest": "Envoyer le lundi un résumé de la semaine",
    "settings.phones": "Téléphones qui reçoivent les alertes",
    "settings.phones.none": "Aucun pour l’instant : les alertes se voient sur cette page et dans Home Assistant.",
    "settings.phones.by_hand": "du fichier de configuration",
    "settings.phones.test": "Tester",
    "settings.phones.test.sent": "{name} : essai envoyé. Le téléphone le montre-t-il ?",
    "settings.phones.test.not_sent": "{name} n’a pas reçu l’essai. Vérifiez l’adresse, le jeton et le réseau.",
    "settings.phones.remove": "Retirer",
    "settings.phones.sure": "Retirer {name} ? Il ne recevra plus d’alertes.",
    "settings.phones.add": "Ajouter un téléphone",
    "settings.phones.service": "Service",
    "settings.phones.name": "Nom",
    "settings.phones.address.ntfy": "Sujet dans l’application ntfy",
    "settings.phones.address.pushover": "Clé d’utilisateur",
    "settings.phones.address.telegram": "Identifiant de la discussion",
    "settings.phones.token": "Jeton",
    "settings.phones.token.maybe": "Jeton, si le sujet en veut un",
    "settings.phones.secret": (
        "Les deux restent sur l’appareil, lisibles par babycryd seul, et ne sont plus jamais montrés."
    ),
    "settings.phones.keep": "Ajouter",
    "settings.language": "Langue du rapport et des alertes",
    "settings.unit.s": "secondes",
    "settings.unit.min": "minutes",
    "settings.unit.dba": "dB(A)",
    "settings.fault.number": "Ce doit être un nombre de {low} à {high}.",
    "settings.fault.hours": "Donnez les deux heures, comme 08:00 et 19:30, ou aucune.",
    "settings.fault.time": "Ce doit être une heure, comme 20:00.",
    "settings.fault.name": "Prenez a à z, 0 à 9, _ et -, 24 au plus, et un nom qu’aucun autre n’a.",
    "settings.fault.secret": "Ce doit être un mot sans espace, comme le service le montre.",
    "settings.fault.other": "Ce n’est pas permis.",
    "settings.first": "Les premiers pas",
    "settings.first.again": "Faire les premiers pas",
    "settings.first.of": "Étape {n} sur {all}",
    "settings.first.next": "Continuer",
    "settings.first.back": "Retour",
    "settings.first.skip": "Tout passer",
    "settings.first.end": "Terminé",
    "settings.first.hear": "Entend-il ?",
    "settings.first.hear.clap": "Tapez maintenant dans vos mains, près du micro.",
    "settings.first.hear.heard": "Il vous a entendu.",
    "settings.first.hear.deaf": (
        "Rien ne bouge ? Vérifiez la prise et l’interrupteur du micro."
        " «\u00a0babycryd devices\u00a0» dit ce qu’a l’ordinateur."
    ),
    "settings.first.play": "Joue-t-il ?",
    "settings.first.place": "Où le placer",
    "settings.first.place.1": "Le micro à un à trois mètres du berceau, et rien entre les deux.",
    "settings.first.place.2": "Le haut-parleur aussi loin du berceau que possible, et pas à côté du micro.",
    "settings.first.place.3": "Loin des ventilateurs, des fenêtres sur rue et des chargeurs qui bourdonnent.",
    "settings.first.place.4": "Aucun câble à portée du bébé.",
    "settings.first.alerts": "Qui est prévenu ?",
    "settings.first.done": "Il écoute",
    "settings.first.done.why": (
        "Tout cela se change plus tard, dans Réglages. Ce n’est pas un dispositif de sécurité : gardez "
        "l’oreille ouverte."
    ),
}
