import os
from pathlib import Path

import pytest

from babycryd.system.file_systems import forgetful


@pytest.mark.parametrize(
    ("kind", "found"), [("tmpfs", "tmpfs"), ("overlay", "overlay"), ("ext4", None), ("vfat", None), ("btrfs", None)]
)
def test_what_forgets_is_found_by_the_device_of_the_folder(tmp_path: Path, kind: str, found: str | None) -> None:
    device = tmp_path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    lines = ["21 1 0:999999 / /proc rw shared:1 - proc proc rw", f"25 1 {number} / / rw,relatime - {kind} none rw"]
    mounts = tmp_path / "mountinfo"
    mounts.write_text("\n".join(lines))
    assert forgetful(tmp_path, mounts) == found


def test_nothing_is_said_of_what_is_not_known(tmp_path: Path) -> None:
    broken = tmp_path / "mountinfo"
    broken.write_text("1 2\n\nnonsense - \n")
    assert [forgetful(tmp_path, each) for each in (broken, tmp_path / "none")] == [None, None]
    assert forgetful(tmp_path / "none") is None
    assert forgetful(Path("/proc")) is None
