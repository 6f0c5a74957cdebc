"""Files of the trial, and of what it watches."""

from pathlib import Path


class Places:
    """Paths below the root of a system."""

    def __init__(self, root: Path) -> None:
        self.trial = root / "var/lib/babycryd-update/trial.json"  # the trial, while there is one
        self.kept_config = root / "var/lib/babycryd-update/config"  # the configuration of the version before
        self.config = root / "etc/babycryd"
        self.former = root / "var/cache/babycryd/former.deb"  # the package of the version before
        self.pin = root / "etc/apt/preferences.d/babycryd-undone"  # keeps apt from installing the same version again
        self.undone = root / "opt/babycryd/update-undone"  # why: for the daemon (monitoring/update_check.py)
        self.current = root / "opt/babycryd/current"
        self.lock = root / "var/lib/dpkg/lock-frontend"
        self.info = root / "var/lib/dpkg/info"
        self.root = root
