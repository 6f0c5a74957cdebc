"""Broker, cloud and disk of a running daemon."""

import errno
import os
from pathlib import Path

import pytest

from babycryd.core.check_result import CheckResult
from babycryd.monitoring.checks import ServiceChecks
from babycryd.monitoring.update_check import failed_update


def test_what_is_not_wanted_is_neither_good_nor_bad(tmp_path: Path) -> None:
    broker, cloud, alerts, disk = ServiceChecks(None, None, None, lambda: None, tmp_path)()
    assert [broker, cloud, alerts] == [CheckResult(each, good=None, text="") for each in ("broker", "cloud", "alerts")]
    assert disk.good
    assert "free" in disk.text


def test_troubles_are_told_as_they_are(tmp_path: Path) -> None:
    found = ServiceChecks(lambda: "refused", lambda: None, None, lambda: "the disk is full", tmp_path)()
    assert [(each.what, each.good, each.text) for each in found] == [
        ("broker", False, "refused"),
        ("cloud", True, ""),
        ("alerts", None, ""),
        ("disk", False, "the disk is full"),
    ]


def test_a_card_that_tells_nothing_is_a_trouble_and_no_failure_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Path) -> bool:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "exists", fails)
    disk = ServiceChecks(None, None, None, lambda: None, tmp_path)()[3]
    assert disk == CheckResult("disk", good=False, text=f"{tmp_path}: Input/output error")


def test_a_folder_that_is_yet_to_be_made_and_a_disk_that_is_nearly_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = ServiceChecks(None, None, None, lambda: None, tmp_path / "a" / "b")
    assert checks()[3].good
    monkeypatch.setattr("babycryd.monitoring.checks.LEAST_FREE_MB", 10**12)
    assert "make room" in checks()[3].text


def test_a_broker_that_answers_and_lets_little_through_has_its_own_advice(tmp_path: Path) -> None:
    broker = ServiceChecks(lambda: "not authorized", None, None, lambda: None, tmp_path, lambda: True)()[0]
    assert (broker.good, broker.advice) == (False, "broker_rights")


def test_a_clock_that_was_never_set_and_a_closed_part_are_told_only_while_it_is_so(tmp_path: Path) -> None:
    closed = {"mqtt": "told by the broker's check", "web": "the certificate is missing"}
    found = ServiceChecks(None, None, None, lambda: None, tmp_path, parts=lambda: closed, utc=lambda: 7200.0)()[4:]
    assert [(each.what, each.good, each.text) for each in found] == [
        ("clock", False, "the clock says 1970-01-01 02:00 UTC"),
        ("part", False, "web: the certificate is missing"),
    ]
    assert ServiceChecks(None, None, None, lambda: None, tmp_path)()[4:] == []


def test_the_model_channel_is_told_where_it_is_on(tmp_path: Path) -> None:
    tried = CheckResult("model", good=True, text="a new model hears in the shadow", advice="model_trial")
    checks = ServiceChecks(None, None, None, lambda: None, tmp_path, model=lambda: tried)
    assert checks()[4:] == [tried]


def test_an_update_that_was_undone_is_told_and_one_that_failed_since_comes_first(tmp_path: Path) -> None:
    environment = tmp_path / "env-1"
    (tmp_path / "update-undone").write_text("version 0.2.0: babycryd does not listen; version 0.1.0 runs again\n")
    assert failed_update(environment) == "version 0.2.0: babycryd does not listen; version 0.1.0 runs again"
    (tmp_path / "update-failed").write_text("a module cannot be compiled\n")
    assert failed_update(environment) == "a module cannot be compiled"


def test_an_update_that_failed_is_told_until_one_succeeds(tmp_path: Path) -> None:
    environment, failed = tmp_path / "env-1", tmp_path / "update-failed"
    checks = ServiceChecks(None, None, None, lambda: None, tmp_path, update=lambda: failed_update(environment))
    assert checks()[4:] == []
    failed.write_text("a module cannot be compiled\n")
    assert checks()[4:] == [CheckResult("update", good=False, text="a module cannot be compiled")]
    failed.unlink()
    failed.mkdir()
    assert str(failed) in checks()[4].text
