"""PURE. French texts of the view of all rooms."""

from typing import Final

TEXTS: Final = {
    "page.nav.rooms": "Chambres",
    "page.rooms.all.one": "{n} chambre : {what}.",
    "page.rooms.all.other": "{n} chambres : {what}.",
    "page.rooms.cry.one": "{n} bébé pleure",
    "page.rooms.cry.other": "{n} bébés pleurent",
    "page.rooms.deaf.one": "{n} chambre n’est pas entendue",
    "page.rooms.deaf.other": "{n} chambres ne sont pas entendues",
    "page.rooms.troubled.one": "{n} chambre a un problème",
    "page.rooms.troubled.other": "{n} chambres ont un problème",
    "page.rooms.quiet": "personne n’a besoin de vous",
    "page.rooms.none": "Aucune autre chambre trouvée : le broker doit les laisser lire, voir docs/mqtt.md.",
    "page.rooms.how": "Seule cette chambre est connue : réglez overview.find ou overview.rooms.",
    "page.rooms.more": "Au moins {n} autres chambres manquent ici. Énumérez les vôtres dans overview.rooms.",
    "page.rooms.trouble": "D’autres chambres sont introuvables en ce moment : {why}",
    "page.rooms.own": "cette chambre",
    "page.rooms.no_cry": "pas encore de pleurs",
    "page.rooms.cry_at": "derniers pleurs à {time}",
    "page.rooms.last_cry": "derniers pleurs à {time}, durée {length}",
    "page.rooms.state.stopped": "Éteinte",
    "page.rooms.state.gone": "Injoignable",
    "page.rooms.state.silent": "Aucun signe de vie",
    "page.rooms.state.unknown": "Inconnu",
    "page.trouble.flood": "Une chambre envoie trop",
    "page.remedy.flood": "Elle n’est plus lue. Cherchez ce qui publie là, puis rouvrez cette page.",
    "page.trouble.room_login": "La page de cette chambre demande son mot de passe",
    "page.remedy.room_login": "Réglez son password_file dans overview.rooms.",
    "page.trouble.room_page": "La page de cette chambre ne répond pas",
    "page.remedy.room_page": "Est-elle allumée et en réseau ? Son adresse est-elle bonne ?",
}
