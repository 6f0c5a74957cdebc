"""Component that sends the nights to Baby Buddy."""

import os

from babycryd.config import Settings
from babycryd.config.access import secret_reader
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core

_BABY_BUDDY = "baby-buddy"  # among the closed parts in `health`


def build_baby_buddy(settings: Settings, core: Core) -> Work | None:
    """Build the task that sends nights to Baby Buddy, where there is one."""
    diary = settings.baby_buddy
    if not diary.url or not settings.history.enabled:
        return None
    from babycryd.history.store import HistoryReader
    from babycryd.report.baby_buddy.client import BabyBuddyClient
    from babycryd.report.baby_buddy.settings import SECRET
    from babycryd.report.baby_buddy.task import BabyBuddyTask
    from babycryd.report.nights import NightQueries
    from babycryd.system.tls import client_context

    read = secret_reader(os.environ)

    def connect() -> BabyBuddyClient:
        token = read(SECRET, diary.token_file)
        if not token:
            raise ValueError(f"there is no token: set baby_buddy.token_file, or the credential {SECRET}")
        tls = client_context("baby_buddy", diary.ca_file, None, None) if diary.ca_file else None
        return BabyBuddyClient(diary.url, token, tls)

    def tell(trouble: str | None) -> None:
        if trouble is None:
            core.status.closed.pop(_BABY_BUDDY, None)
        else:
            core.status.closed[_BABY_BUDDY] = trouble

    queries = NightQueries(HistoryReader(core.folder), settings.report)
    return Work(BabyBuddyTask(diary, queries, connect, core.folder, tell).run)
