"""`babycryd model`: a model from a folder into the shadow, to the decision and back."""

import json
from pathlib import Path

import pytest

from babycryd.cli.main import main
from babycryd.model_channel.choice import Choice
from babycryd.model_channel.comparison import Difference, Tally
from babycryd.model_channel.store import ModelStore
from tests.support.signed_models import Signer, another_model, offer


class Home:
    """A configuration with a channel in a folder."""

    def __init__(self, folder: Path) -> None:
        self.signer, self.channel = Signer(), folder / "channel"
        self.store = ModelStore(folder / "state")
        self._config = folder / "babycryd.yaml"
        self._config.write_text(
            f"state_dir: {folder / 'state'}\n"
            f"model_channel: {{source: {self.channel}, public_key: {self.signer.public}, shadow_hours: 10}}\n"
        )

    def run(self, *words: str) -> int:
        return main(["model", *words, "--config", str(self._config)])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_from_the_folder_to_the_decision_and_back(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    name = offer(home.channel, home.signer, another_model())
    assert home.run("list") == 0
    assert capsys.readouterr().out == "decides:    the shipped model\n"
    assert home.run("update") == 0
    assert f"model {name[:12]} hears in the shadow for 10 h" in capsys.readouterr().out
    assert home.run("switch") == 1
    assert "its trial has not passed yet (0.0 of 10 h); add --now" in capsys.readouterr().err
    differs = Difference("candidate", 1_790_000_000.0, 12.5, 0.83)
    home.store.keep_tally(home.store.choice(), Tally(36_000.0, 4, 1, 0, 3, (differs,)))
    assert home.run("list") == 0
    told = capsys.readouterr().out
    assert "10.0 of 10 h compared; 3 quarter seconds not heard, as the computer was busy" in told
    assert "4 cries heard by both, 1 by the new model only, 0 by the old one only" in told
    assert "12 s  0.83  only the new model" in told
    assert "to let it decide: babycryd model switch" in told
    assert home.run("switch") == 0
    assert home.store.choice().in_use == name
    assert home.run("list") == 0
    assert f"decides:    model {name[:12]}" in (probation := capsys.readouterr().out.rpartition("switch")[2] or "")
    assert "0.0 of 10 h compared" in probation
    assert home.run("rollback") == 0
    assert f"model {name[:12]} is dropped; the shipped model decides" in capsys.readouterr().out
    assert home.run("list", "--json") == 0
    fields = json.loads(capsys.readouterr().out)
    assert (fields["in_use"], fields["phase"], fields["refused"]) == (None, "none", [name])


def test_a_wrong_signature_is_one_line_and_changes_nothing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    offer(home.channel, Signer(), another_model())
    assert home.run("update") == 1
    assert capsys.readouterr().err == (
        "babycryd model: the signature of channel.json is of another key than model_channel.public_key\n"
    )
    assert home.store.choice() == Choice()


def test_what_cannot_be_done_is_told(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert home.run("rollback") == 1
    assert "there is none to roll back to" in capsys.readouterr().err
    assert home.run("switch") == 1
    assert "no model is on trial" in capsys.readouterr().err
    assert home.run("update") == 1
    assert "is no folder" in capsys.readouterr().err


def test_it_is_off_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "babycryd.yaml"
    config.write_text(f"state_dir: {tmp_path}\n")
    assert main(["model", "list", "--config", str(config)]) == 0
    assert "the model channel is off (model_channel.source)" in capsys.readouterr().out
    assert main(["model", "update", "--config", str(config)]) == 1
    assert "set model_channel.source" in capsys.readouterr().err


@pytest.mark.parametrize("key", ["", "public_key: nonsense"])
def test_a_channel_without_a_key_is_no_channel(key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "babycryd.yaml"
    config.write_text(f"model_channel: {{source: /media/models, {key}}}\n")
    assert main(["model", "list", "--config", str(config)]) == 2
    assert "model_channel.public_key" in capsys.readouterr().err
