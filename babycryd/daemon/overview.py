"""Component of the overview: finds the rooms of the home and reads the pages of those that are listed."""

import os
from dataclasses import replace
from functools import partial

from babycryd.config import Settings, device_id
from babycryd.config.access import secret_reader
from babycryd.core.supervision import Work
from babycryd.daemon.vital_parts import Core
from babycryd.overview.overview import Finder, RoomsOverview
from babycryd.overview.page_reader import PageReader
from babycryd.overview.settings import MOST_ROOMS
from babycryd.overview.table import RoomTable


def build_overview(settings: Settings, core: Core) -> Work | None:
    """Build the overview, where the settings want one."""
    wanted = settings.overview
    if not wanted.is_wanted or not settings.web.enabled:
        return None
    read = secret_reader(os.environ)
    table = RoomTable(MOST_ROOMS, device_id(settings), [each.id for each in wanted.rooms])
    readers = [PageReader(each, read) for each in wanted.rooms]
    overview = RoomsOverview(table, _finder(settings, table), readers)
    core.status.overview = overview
    return Work(overview.run)


def _finder(settings: Settings, table: RoomTable) -> Finder | None:
    """Return the finder of rooms at the broker; None where there is no broker or none are to be found."""
    if not settings.overview.find or not settings.mqtt.host:
        return None
    from babycryd.mqtt.room_finder import RoomFinder
    from babycryd.overview.found_room import LEAVES

    mqtt, wanted = settings.mqtt, settings.overview
    read = secret_reader(os.environ)
    password = partial(read, "mqtt_password", mqtt.password_file)
    if wanted.username:
        mqtt = replace(mqtt, username=wanted.username)
        password = partial(read, "overview_password", wanted.password_file)
    known = [each.id for each in wanted.rooms]
    return RoomFinder(mqtt, password, f"babycryd-{device_id(settings)}-rooms", LEAVES, table, known)
