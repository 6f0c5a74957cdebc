"""The sounds of a night: what calmed, what did not, by its name in each language."""

from dataclasses import replace

import pytest

from babycryd.core.records import Episode, Lullaby, SoundTried
from babycryd.i18n import LANGUAGES, sound_name, sound_title, texts
from babycryd.i18n.lengths import length
from babycryd.report.sounds import Attempt, SoundFigures, attempts, sound_clauses, sound_figures
from babycryd.report.summary import figures, sentence
from babycryd.soothe.tracks import shipped_tracks
from tests.support.sample_nights import clock, cry, span_of


def cry_with(start: str, minutes: float, *tracks: str) -> Episode:
    """A cry in which these sounds played, one minute each, the last one until the end."""
    episode, begin_s = cry(start, minutes, music=False), clock(start)
    played = [
        Lullaby(track, begin_s + 60 * number, begin_s + 60 * (number + 1), "calm")
        for number, track in enumerate(tracks)
    ]
    return replace(episode, lullabies=tuple(played))


def test_the_last_sound_before_the_calm_calmed_the_baby() -> None:
    found = list(attempts(cry_with("02:00", 4, "twinkle-twinkle", "rain")))
    assert found == [Attempt("twinkle-twinkle", calmed=False), Attempt("rain", calmed=True, took_s=4 * 60 - 10 - 60)]


def test_no_sound_calmed_a_cry_that_ended_otherwise() -> None:
    snoozed = replace(cry_with("02:00", 4, "rain"), reason="snoozed")
    assert [each.calmed for each in attempts(snoozed)] == [False]
    failed = replace(snoozed, lullabies=(Lullaby("rain", 0.0, 0.0, "failed"),))
    assert list(attempts(failed)) == []


def test_a_sound_that_still_plays_is_no_attempt_yet() -> None:
    playing = Lullaby("rain", clock("02:00"))
    running = replace(cry("02:00", 4), reason=None, ended_utc_s=None, lullabies=(playing,))
    assert list(attempts(running)) == []


def test_where_soothing_judged_its_sounds_its_judgement_counts() -> None:
    tried = (
        SoundTried("e", 1, "twinkle-twinkle", "worse", 75.0),
        SoundTried("e", 2, "rain", "parent", 10.0),
        SoundTried("e", 3, "hum", "calm", 40.0),
        SoundTried("e", 4, "a"),
    )
    judged = replace(cry_with("02:00", 4, "twinkle-twinkle", "rain", "hum", "a"), sounds=tried)
    assert list(attempts(judged)) == [
        Attempt("twinkle-twinkle", calmed=False, took_s=75.0),
        Attempt("hum", calmed=True, took_s=40.0),
    ]


def test_what_calmed_most_often_stands_first() -> None:
    night = [cry_with("20:00", 4, "twinkle-twinkle", "rain"), cry_with("02:00", 4, "rain"), cry_with("04:00", 4, "hum")]
    assert [(each.sound, each.calmed) for each in sound_figures(night)] == [
        ("rain", 2),
        ("hum", 1),
        ("twinkle-twinkle", 0),
    ]


def test_the_sentence_names_what_calmed_and_what_did_not() -> None:
    night = [cry_with("20:00", 4, "twinkle-twinkle", "rain"), cry_with("02:00", 4, "rain")]
    text = sentence(figures(span_of(night)), "en")
    assert "; rain calmed it in 3 minutes on average; “Twinkle, twinkle” did not help; " in text
    assert "; Regen beruhigte im Mittel in 3 Minuten; „Funkel, funkel, kleiner Stern“ half nicht; " in sentence(
        figures(span_of(night)), "de"
    )


def test_several_sounds() -> None:
    sounds = [SoundFigures("rain", 2, 180.0), SoundFigures("mama_sings", 1, 60.0)]
    sounds += [SoundFigures(name, 0, None) for name in ("shushing", "heartbeat")]
    assert list(sound_clauses(sounds, 5, "en", length)) == [
        "rain calmed two of them, in 3 minutes on average",
        "mama sings calmed one of them, in 1 minute",
        "shushing and the heartbeat did not help",
    ]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "rain, shushing and the heartbeat did not help"),
        ("de", "Regen, leises „Schhh“ und der Herzschlag halfen nicht"),
        ("es", "la lluvia, el «shhh» y el latido no ayudaron"),
        ("fr", "la pluie, le « chut » et le battement de cœur n’ont pas aidé"),
    ],
)
def test_three_sounds_are_listed_with_one_and(language: str, said: str) -> None:
    sounds = [SoundFigures(name, 0, None) for name in ("rain", "shushing", "heartbeat")]
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in sound_clauses(sounds, 2, language, length)] == [said]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_sound_has_a_name_in_every_language(language: str) -> None:
    names = [sound_name(language, track.name) for track in shipped_tracks()]
    assert {f"sound.{track.name}" for track in shipped_tracks()} == {
        key for key in texts(language) if key.startswith("sound.")
    }
    assert len(set(names)) == len(names)


def test_a_sound_of_the_owner_has_the_name_of_its_file() -> None:
    assert sound_name("en", "mama_sings-1") == "mama sings 1"
    assert sound_title("en", "rain") == "Rain"
    assert sound_title("de", "-") == "-"
