"""Listening in needs the owner's sentence."""

from pathlib import Path

import pytest

from babycryd.config import ConfigError
from babycryd.config.load import load
from babycryd.listen_in.settings import CONSENT


def test_it_is_off_until_the_sentence_is_written(tmp_path: Path) -> None:
    path = tmp_path / "babycryd.yaml"
    path.write_text("{}")
    assert not load(path).listen_in.enabled
    path.write_text("listen_in: {enabled: true}")
    with pytest.raises(ConfigError, match="word for word"):
        load(path)
    path.write_text(f'listen_in:\n  enabled: true\n  consent: "{CONSENT.replace(" ", "  ", 1)}"')
    assert load(path).listen_in.enabled
