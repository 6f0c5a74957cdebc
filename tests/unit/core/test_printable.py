"""Texts from outside come out on one line, encodable and short."""

import json
import os

import pytest

from babycryd.core.printable import LONGEST_NAME, printable


@pytest.mark.parametrize("text", ["", "Nachtruhe", "schön", "お休み 🎵", "a" * LONGEST_NAME])
def test_a_printable_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\nb\r\n\tc", "a b   c", id="line-ends-and-tabs"),
        pytest.param("a\u2028b\u2029c\x85d\x0be", "a b c d e", id="line-ends-of-unicode"),
        pytest.param("\x1b[2Jred\x07\x7f\x9b", "�[2Jred���", id="terminal-controls"),
        pytest.param("\x00", "�", id="nul"),
        pytest.param("gnp\u202e3pm.exe\u2066", "gnp�3pm.exe�", id="bidirectional"),
        pytest.param("a\u200bb\ufeffc\u00add\U000e0041", "a�b�c�d�", id="invisible"),
        pytest.param("a\ufffe\uffff", "a��", id="no-characters"),
        pytest.param("\ud83d\udcf6", "��", id="surrogates"),
        pytest.param(os.fsdecode(b"sch\xf6n.ogg"), "sch�n.ogg", id="file-name-in-latin-1"),
        pytest.param("R\u00d8DE".encode(), "RØDE", id="bytes"),
        pytest.param(b"R\xd8DE\x1b", "R�DE�", id="bytes-in-latin-1"),
    ],
)
def test_everything_else_becomes_a_space_or_the_replacement_character(text: str | bytes, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize("longest", [1, 2, 40])
def test_a_long_text_is_cut_and_says_so(longest: int) -> None:
    assert printable("x\n" * 40, longest) == ("x " * 40)[: longest - 1] + "…"


def test_every_character_of_unicode_comes_out_encodable_and_on_one_line() -> None:
    everything = printable("".join(map(chr, range(0x110000))), 0x110000)
    assert json.loads(json.dumps(everything).encode()) == everything
    assert everything.encode().decode() == everything
    assert len(everything.splitlines()) == 1
    assert everything.isprintable()
