"""Gate of a trained model: who passes, and what is published."""

import hashlib
import json
from argparse import Namespace
from pathlib import Path

import pytest

from tests.support.cloud import BUCKET, Storage
from training.cloud import gate
from training.cloud.gate import POINTER, GateFigures, promote, reasons_against, run, table
from training.cloud.storage import Bucket, CloudError
from training.data.paths import MODELS

SHIPPED = GateFigures(0.90, 0.5)
BETTER = GateFigures(0.92, 0.5)


def test_a_candidate_passes_with_more_cries_and_no_more_false_alarms() -> None:
    assert reasons_against(BETTER, SHIPPED) == []
    assert reasons_against(SHIPPED, SHIPPED) == ["it finds no more cries: 0.9000 against 0.9000"]
    assert reasons_against(GateFigures(0.95, 0.6), SHIPPED) == [
        "it raises more false alarms: 0.60 an hour against 0.50"
    ]


def test_figures_stand_side_by_side() -> None:
    told = table({"candidate": BETTER, "run one": SHIPPED})
    assert told.splitlines()[2:] == ["| candidate | 0.9200 | 0.50 |", "| run one | 0.9000 | 0.50 |"]


def test_a_model_is_published_with_card_and_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    model, card = (MODELS / "cry.tflite").read_bytes(), (MODELS / "cry.json").read_bytes()
    with Storage() as storage:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.url)
        bucket = Bucket(BUCKET)
        with pytest.raises(CloudError, match="the card describes another model"):
            promote(bucket, b"another", card, b"", {})
        assert storage.names() == []
        prefix = promote(bucket, model, card, (MODELS / "cries.f16").read_bytes(), {"candidate": BETTER})
        assert prefix == f"training/models/{hashlib.sha256(model).hexdigest()}/"
        assert bucket.get(f"{prefix}cry.tflite") == model
        assert json.loads(bucket.get(f"{prefix}gate.json"))["candidate"]["recall"] == 0.92
        assert json.loads(bucket.get(POINTER))["sha256"] in prefix


def test_a_candidate_that_is_no_better_ends_with_the_figures_and_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "figures", lambda *_: SHIPPED)
    options = Namespace(candidate=MODELS / "cry.tflite", card=None, side="val", hours=None, promote="no-such-bucket")
    with pytest.raises(SystemExit, match="not promoted: it finds no more cries"):
        run(options)
    assert "| shipped | 0.9000 | 0.50 |" in capsys.readouterr().out


def test_a_candidate_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "half.tflite").write_bytes(b"half")
    options = Namespace(candidate=tmp_path / "half.tflite", card=None, side="val", hours=None, promote=None)
    with pytest.raises(CloudError, match=r"half\.tflite: .*not a usable TFLite model"):
        run(options)
