"""What SIGHUP may apply and what waits."""

from dataclasses import replace

from babycryd.config import DeviceSettings, LogSettings, Settings, changed


def test_nothing_changed() -> None:
    assert changed(Settings(), Settings()) == ([], [])


def test_live_keys_and_those_that_wait_are_told_apart_and_in_the_order_of_the_file() -> None:
    old = Settings()
    vote = replace(old.detection.vote, needed=1)
    new = replace(
        old,
        state_dir="/elsewhere",
        device=DeviceSettings(id="attic", room="Attic"),
        detection=replace(old.detection, threshold=0.7, vote=vote),
        log=LogSettings(level="debug", format="json"),
    )
    assert changed(old, new) == (
        ["device.room", "detection.threshold", "detection.vote.needed", "log.level"],
        ["state_dir", "device.id", "log.format"],
    )
