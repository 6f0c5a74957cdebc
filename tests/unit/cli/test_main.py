"""The command line as a whole: what it says to words that it does not know."""

import pytest

from babycryd.cli.main import main


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["statsu"], "babycryd: there is no command 'statsu': `babycryd --help` names all; did you mean 'status'?\n"),
        (["xyzzy"], "babycryd: there is no command 'xyzzy': `babycryd --help` names all\n"),
        (["volume", "loud"], "'loud' is no number from 0 to 100\n"),
        (["volume", "nan"], "'nan' is no number from 0 to 100\n"),
        (["volume", "101"], "'101' is no number from 0 to 100\n"),
        (["snooze", "never"], "'never' is neither a number of minutes from 0 to 720 nor off\n"),
        (["snooze", "-3"], "'-3' is neither a number of minutes from 0 to 720 nor off\n"),
        (["lullaby"], "the following arguments are required: {play,stop,next,list}\n"),
    ],
)
def test_wrong_words_are_named_with_what_would_be_right(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert capsys.readouterr().err.endswith(said)


def test_without_a_command_all_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main([])
    assert "snooze      pause alarm and lullaby" in capsys.readouterr().err
