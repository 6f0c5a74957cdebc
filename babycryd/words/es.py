"""PURE. Spanish."""

from typing import Final

WORDS: Final = {
    "language": "Español",
    # Numbers as a sentence has them
    "number.0": "ningún",
    "number.1": "un",
    "number.2": "dos",
    "number.3": "tres",
    "number.4": "cuatro",
    "number.5": "cinco",
    "number.6": "seis",
    "number.7": "siete",
    "number.8": "ocho",
    "number.9": "nueve",
    "number.10": "diez",
    "number.11": "once",
    "number.12": "doce",
    # The report's sentence: parts joined by "; ", the first letter made a capital
    "report.cries.one": "un llanto, {length}",
    "report.cries.other": "{n} llantos, {length} en total",
    "report.no_cry": "ningún llanto",
    "report.calmed.one": "la caja de música lo calmó en {length}",
    "report.calmed.other": "la caja de música calmó {n} de ellos, en {length} de media",
    "report.quiet": "rato tranquilo más largo: {length}",
    "report.deaf": "sin oír nada durante {length}",
    "report.off": "babycryd apagado durante {length}",
    "report.snoozed": "en pausa durante {length}",
    "report.perhaps_more": "puede que hubiera más",
    "report.nobody": "nadie escuchaba: babycryd no funcionaba",
    "report.nobody_heard": "nadie escuchaba: el micrófono no daba sonido o babycryd no funcionaba",
    "report.future": "esta noche no ha empezado",
    "report.running": "la noche hasta ahora: {sentence}",
    # Lengths of time
    "length.under_minute": "menos de un minuto",
    "length.minutes.one": "1 minuto",
    "length.minutes.other": "{minutes} minutos",
    "length.hours": "{hours} h {minutes:02d}",
    "length.hours_exactly.one": "1 hora",
    "length.hours_exactly.other": "{hours} horas",
}
