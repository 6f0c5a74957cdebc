"""PURE. Texts of the sounds in English: their names, the loudness at the cot, the owner's voice, listening in."""

from typing import Final

TEXTS: Final = {
    # Names of the shipped sounds, as in the middle of a sentence
    "sound.clair-de-la-lune": "“Au clair de la lune”",
    "sound.brahms-lullaby": "Brahms’ lullaby",
    "sound.brown-noise": "brown noise",
    "sound.heartbeat": "the heartbeat",
    "sound.hummed-lullaby": "the hummed lullaby",
    "sound.pink-noise": "pink noise",
    "sound.rain": "rain",
    "sound.schlaf-kindlein-schlaf": "“Sleep, baby, sleep”",
    "sound.shushing": "shushing",
    "sound.sung-lullaby": "the sung lullaby",
    "sound.twinkle-twinkle": "“Twinkle, twinkle”",
    # The report's sentence
    "report.sounds.and": "{one} and {other}",
    "report.not_calmed.one": "{sounds} did not help",
    "report.not_calmed.other": "{sounds} did not help",
    # The live page
    "page.sound": "Sound",
    "page.sound.next": "The next in turn",
    "page.volume.at_cot": "about {dba} dB(A) at the cot",
    "page.volume.not_measured": (
        "Loudness at the cot: not measured. 100 % is {percent} % of what the speaker can give."
    ),
    "page.loudness": "Measure the loudness",
    "page.loudness.why": (
        "Quiet is safe: at most 50 dB(A) where the baby’s head lies, and the speaker as far away as the room "
        "allows. Once measured, babycryd never plays louder than {cap} dB(A) there."
    ),
    "page.loudness.how": (
        "Put a phone with a sound level app where the baby’s head lies, without the baby. Choose dB(A), keep "
        "the room quiet, and play the test sound: it lasts a minute. Then type the figure that the app "
        "shows."
    ),
    "page.loudness.play": "Play the test sound",
    "page.loudness.reading": "dB(A) at the cot",
    "page.loudness.done": "Measured. 100 % is now about {dba} dB(A) at the cot.",
    "page.loudness.other_speaker": "It was measured with another speaker: please measure again.",
    "page.voice": "Your own voice",
    "page.voice.why": "Sing or speak for up to two minutes: it becomes a sound like the others.",
    "page.voice.consent": "All who can be heard agree. The recording stays on this device until it is deleted here.",
    "page.voice.record": "Record",
    "page.voice.file": "Or a sound file",
    "page.voice.name": "Name",
    "page.voice.keep": "Keep",
    "page.voice.ready": "Recorded: {length}.",
    "page.voice.kept": "It is now one of the sounds.",
    "page.voice.insecure": "This browser records only over https. A sound file works here too.",
    "page.voice.unreadable": "the browser cannot read this sound",
    "page.listen": "Listen in",
    "page.listen.start": "Listen",
    "page.listen.stop": "Stop listening",
    "page.listen.gate": "Silent until something sounds",
    "page.listen.why": (
        "The live sound of the room. It is never recorded. Two soft beeps mean that the microphone is away."
    ),
    "page.listen.count.one": "{n} device is listening in now.",
    "page.listen.count.other": "{n} devices are listening in now.",
    "page.stream": "Opened again since the start: {reopened}. Gaps: {gaps}. Sound missing: {lost}.",
    "page.stream.fast": "The clock of the microphone runs {length} a day fast.",
    "page.stream.slow": "The clock of the microphone runs {length} a day slow.",
}
