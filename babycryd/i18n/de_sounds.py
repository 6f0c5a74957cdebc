"""PURE. Texts of the sounds in German: their names, the loudness at the cot, the owner's voice, listening in."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.clair-de-la-lune": "„Au clair de la lune“",
    "sound.brahms-lullaby": "Brahms’ Wiegenlied",
    "sound.brown-noise": "braunes Rauschen",
    "sound.heartbeat": "der Herzschlag",
    "sound.hummed-lullaby": "das gesummte Schlaflied",
    "sound.pink-noise": "rosa Rauschen",
    "sound.rain": "Regen",
    "sound.schlaf-kindlein-schlaf": "„Schlaf, Kindlein, schlaf“",
    "sound.shushing": "leises „Schhh“",
    "sound.sung-lullaby": "das gesungene Schlaflied",
    "sound.twinkle-twinkle": "„Funkel, funkel, kleiner Stern“",
    # The report's sentence
    "report.sounds.and": "{one} und {other}",
    "report.not_calmed.one": "{sounds} half nicht",
    "report.not_calmed.other": "{sounds} halfen nicht",
    # The live page
    "page.sound": "Klang",
    "page.sound.next": "Der nächste",
    "page.volume.at_cot": "etwa {dba} dB(A) am Bett",
    "page.volume.not_measured": (
        "Lautstärke am Bett: nicht gemessen. 100 % sind {percent} % dessen, was der Lautsprecher kann."
    ),
    "page.loudness": "Lautstärke messen",
    "page.loudness.why": (
        "Leise ist sicher: höchstens 50 dB(A) dort, wo der Kopf liegt, und der Lautsprecher so weit weg, wie "
        "der Raum erlaubt. Einmal gemessen, spielt babycryd dort nie lauter als {cap} dB(A)."
    ),
    "page.loudness.how": (
        "Ein Telefon mit einer Schallpegel-App dorthin legen, wo der Kopf liegt, ohne das Kind. dB(A) "
        "wählen, im Raum leise sein und den Testklang abspielen: er dauert eine Minute. Dann die Zahl "
        "eintippen, die die App zeigt."
    ),
    "page.loudness.play": "Testklang abspielen",
    "page.loudness.reading": "dB(A) am Bett",
    "page.loudness.done": "Gemessen. 100 % sind jetzt etwa {dba} dB(A) am Bett.",
    "page.loudness.other_speaker": "Gemessen wurde mit einem anderen Lautsprecher: bitte neu messen.",
    "page.voice": "Die eigene Stimme",
    "page.voice.why": "Bis zu zwei Minuten singen oder sprechen: das wird ein Klang wie die anderen.",
    "page.voice.consent": (
        "Alle, die zu hören sind, sind einverstanden. Die Aufnahme bleibt auf diesem Gerät, bis sie hier gelöscht wird."
    ),
    "page.voice.record": "Aufnehmen",
    "page.voice.file": "Oder eine Tondatei",
    "page.voice.name": "Name",
    "page.voice.keep": "Behalten",
    "page.voice.ready": "Aufgenommen: {length}.",
    "page.voice.kept": "Sie gehört jetzt zu den Klängen.",
    "page.voice.insecure": "Dieser Browser nimmt nur über https auf. Eine Tondatei geht auch hier.",
    "page.voice.unreadable": "der Browser kann diesen Ton nicht lesen",
    "page.listen": "Hineinhören",
    "page.listen.start": "Anhören",
    "page.listen.stop": "Nicht mehr anhören",
    "page.listen.gate": "Still, bis etwas zu hören ist",
    "page.listen.why": (
        "Der Ton des Zimmers, jetzt. Er wird nie aufgenommen. Zwei leise Pieptöne heißen, dass das Mikrofon fehlt."
    ),
    "page.listen.count.one": "{n} Gerät hört jetzt mit.",
    "page.listen.count.other": "{n} Geräte hören jetzt mit.",
    "page.stream": "Seit dem Start neu geöffnet: {reopened}. Lücken: {gaps}. Ton, der fehlt: {lost}.",
    "page.stream.fast": "Die Uhr des Mikrofons geht {length} am Tag vor.",
    "page.stream.slow": "Die Uhr des Mikrofons geht {length} am Tag nach.",
}
