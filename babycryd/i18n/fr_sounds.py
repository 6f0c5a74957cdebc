"""PURE. Texts of the sounds in French: their names, the loudness at the cot, the owner's voice, listening in."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.clair-de-la-lune": "«\u00a0Au clair de la lune\u00a0»",
    "sound.brahms-lullaby": "la berceuse de Brahms",
    "sound.brown-noise": "le bruit brun",
    "sound.heartbeat": "le battement de cœur",
    "sound.hummed-lullaby": "la berceuse fredonnée",
    "sound.pink-noise": "le bruit rose",
    "sound.rain": "la pluie",
    "sound.schlaf-kindlein-schlaf": "«\u00a0Dors, mon petit, dors\u00a0»",
    "sound.shushing": "le «\u00a0chut\u00a0»",
    "sound.sung-lullaby": "la berceuse chantée",
    "sound.twinkle-twinkle": "«\u00a0Ah ! vous dirai-je, maman\u00a0»",
    # The report's sentence
    "report.sounds.and": "{one} et {other}",
    "report.not_calmed.one": "{sounds} n’a pas aidé",
    "report.not_calmed.other": "{sounds} n’ont pas aidé",
    # The live page
    "page.sound": "Son",
    "page.sound.next": "Le suivant à son tour",
    "page.volume.at_cot": "environ {dba} dB(A) au lit",
    "page.volume.not_measured": (
        "Volume au lit : non mesuré. 100 % valent {percent} % de ce que donne le haut-parleur."
    ),
    "page.loudness": "Mesurer le volume",
    "page.loudness.why": (
        "Bas, c’est sûr : au plus 50 dB(A) là où repose la tête, et le haut-parleur aussi loin que la pièce "
        "le permet. Une fois mesuré, babycryd n’y joue jamais plus fort que {cap} dB(A)."
    ),
    "page.loudness.how": (
        "Posez un téléphone avec une application de sonomètre là où repose la tête, sans le bébé. Choisissez "
        "dB(A), gardez le silence et jouez le son d’essai : il dure une minute. Saisissez ensuite le chiffre "
        "que montre l’application."
    ),
    "page.loudness.play": "Jouer le son d’essai",
    "page.loudness.reading": "dB(A) au lit",
    "page.loudness.done": "Mesuré. 100 % valent maintenant environ {dba} dB(A) au lit.",
    "page.loudness.other_speaker": "La mesure vient d’un autre haut-parleur : mesurez à nouveau.",
    "page.voice": "Votre propre voix",
    "page.voice.why": "Chantez ou parlez jusqu’à deux minutes : cela devient un son comme les autres.",
    "page.voice.consent": (
        "Tous ceux que l’on entend sont d’accord. L’enregistrement reste sur cet appareil jusqu’à ce qu’on "
        "l’efface ici."
    ),
    "page.voice.record": "Enregistrer",
    "page.voice.file": "Ou un fichier son",
    "page.voice.name": "Nom",
    "page.voice.keep": "Garder",
    "page.voice.ready": "Enregistré : {length}.",
    "page.voice.kept": "C’est maintenant l’un des sons.",
    "page.voice.insecure": "Ce navigateur n’enregistre qu’en https. Un fichier son convient aussi.",
    "page.voice.unreadable": "le navigateur ne peut pas lire ce son",
    "page.listen": "Écouter la chambre",
    "page.listen.start": "Écouter",
    "page.listen.stop": "Ne plus écouter",
    "page.listen.gate": "Silence tant que rien ne s’entend",
    "page.listen.why": (
        "Le son de la chambre en direct. Il n’est jamais enregistré. "
        "Deux bips légers signifient que le microphone manque."
    ),
    "page.listen.count.one": "{n} appareil écoute en ce moment.",
    "page.listen.count.other": "{n} appareils écoutent en ce moment.",
    "page.stream": "Rouvert depuis le démarrage : {reopened}. Interruptions : {gaps}. Son qui manque : {lost}.",
    "page.stream.fast": "L’horloge du microphone avance de {length} par jour.",
    "page.stream.slow": "L’horloge du microphone retarde de {length} par jour.",
}
