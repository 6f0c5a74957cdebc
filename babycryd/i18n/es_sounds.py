"""PURE. Texts of the sounds in Spanish: their names, the loudness at the cot, the owner's voice, listening in."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.clair-de-la-lune": "«Au clair de la lune»",
    "sound.brahms-lullaby": "la nana de Brahms",
    "sound.brown-noise": "el ruido marrón",
    "sound.heartbeat": "el latido",
    "sound.hummed-lullaby": "la nana tarareada",
    "sound.pink-noise": "el ruido rosa",
    "sound.rain": "la lluvia",
    "sound.schlaf-kindlein-schlaf": "«Duerme, niño, duerme»",
    "sound.shushing": "el «shhh»",
    "sound.sung-lullaby": "la nana cantada",
    "sound.twinkle-twinkle": "«Brilla, brilla, estrellita»",
    # The report's sentence
    "report.sounds.and": "{one} y {other}",
    "report.not_calmed.one": "{sounds} no ayudó",
    "report.not_calmed.other": "{sounds} no ayudaron",
    # The live page
    "page.sound": "Sonido",
    "page.sound.next": "El siguiente por turno",
    "page.volume.at_cot": "unos {dba} dB(A) en la cuna",
    "page.volume.not_measured": ("Volumen en la cuna: no medido. El 100 % es el {percent} % de lo que da el altavoz."),
    "page.loudness": "Medir el volumen",
    "page.loudness.why": (
        "Bajo es seguro: como mucho 50 dB(A) donde está la cabeza, y el altavoz tan lejos como permita la "
        "habitación. Una vez medido, babycryd nunca suena allí a más de {cap} dB(A)."
    ),
    "page.loudness.how": (
        "Pon un teléfono con una aplicación de sonómetro donde está la cabeza, sin el bebé. Elige dB(A), "
        "guarda silencio y reproduce el sonido de prueba: dura un minuto. Después escribe la cifra que "
        "muestra la aplicación."
    ),
    "page.loudness.play": "Reproducir el sonido de prueba",
    "page.loudness.reading": "dB(A) en la cuna",
    "page.loudness.done": "Medido. El 100 % son ahora unos {dba} dB(A) en la cuna.",
    "page.loudness.other_speaker": "Se midió con otro altavoz: mida de nuevo, por favor.",
    "page.voice": "Tu propia voz",
    "page.voice.why": "Cante o hable hasta dos minutos: será un sonido como los demás.",
    "page.voice.consent": (
        "Todos los que se oyen están de acuerdo. La grabación se queda en este aparato hasta que se borre aquí."
    ),
    "page.voice.record": "Grabar",
    "page.voice.file": "O un archivo de sonido",
    "page.voice.name": "Nombre",
    "page.voice.keep": "Guardar",
    "page.voice.ready": "Grabado: {length}.",
    "page.voice.kept": "Ya es uno de los sonidos.",
    "page.voice.insecure": "Este navegador solo graba con https. Un archivo de sonido también sirve.",
    "page.voice.unreadable": "el navegador no puede leer este sonido",
    "page.listen": "Escuchar la habitación",
    "page.listen.start": "Escuchar",
    "page.listen.stop": "Dejar de escuchar",
    "page.listen.gate": "En silencio hasta que suene algo",
    "page.listen.why": (
        "El sonido de la habitación en directo. Nunca se graba. Dos pitidos suaves significan que falta el micrófono."
    ),
    "page.listen.count.one": "{n} dispositivo escucha ahora.",
    "page.listen.count.other": "{n} dispositivos escuchan ahora.",
    "page.stream": "Abierto de nuevo desde el inicio: {reopened}. Interrupciones: {gaps}. Sonido que falta: {lost}.",
    "page.stream.fast": "El reloj del micrófono adelanta {length} al día.",
    "page.stream.slow": "El reloj del micrófono atrasa {length} al día.",
}
