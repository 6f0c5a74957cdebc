"""HTTP API of the settings: what the page shows of them, their changes, the recipients of alerts, and a restart.

Each change names the revision of the settings that it was made from; 409 where they have changed since. The log names
the keys that were changed and the client, and no value.
"""

import logging
import math
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, get_args

from aiohttp import web

from babycryd.core.command_values import CommandError
from babycryd.core.page_settings import (
    ClosedSettingsError,
    NewRecipient,
    PageSettings,
    SettingsRefusedError,
    SetUp,
    StaleSettingsError,
)
from babycryd.core.token_bucket import TokenBucket
from babycryd.web.api import body
from babycryd.web.auth.middleware import CLIENT
from babycryd.web.openapi_parts import FLAG, MAYBE_TEXT, TEXT, Schema, json_content, operation, post, schema_of, strict
from babycryd.web.responses import error_response, json_response

_NOT_HERE: Final = "this daemon's settings cannot be changed on its page"
_MOST_VALUES: Final = 30
_TESTS: Final = 3  # messages at once, then one every _TEST_EVERY_S: a service counts them, and a phone rings
_TEST_EVERY_S: Final = 20.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = logging.getLogger(__name__)


class SettingsApi:
    """Handlers for `/api/settings` and `/api/restart`. Without settings their paths answer 409."""

    def __init__(self, settings: PageSettings | None) -> None:
        self._optional_settings = settings
        self._tests = TokenBucket(_TESTS, _TEST_EVERY_S, time.monotonic())

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/settings", _with_errors(self._read)),
            web.post("/api/settings", _with_errors(self._change)),
            web.post("/api/settings/recipient", _with_errors(self._add)),
            web.post("/api/settings/recipient/remove", _with_errors(self._remove)),
            web.post("/api/settings/recipient/test", _with_errors(self._test)),
            web.post("/api/settings/set-up", _with_errors(self._set_up)),
            web.post("/api/restart", _with_errors(self._restart)),
        ]

    @property
    def _settings(self) -> PageSettings:
        if self._optional_settings is None:
            raise ClosedSettingsError(_NOT_HERE)
        return self._optional_settings

    async def _read(self, _: web.Request) -> web.StreamResponse:
        return json_response(await self._settings.read())

    async def _change(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(await body(request), {"revision": str, "values": dict})
        values: Mapping[str, Any] = fields["values"]
        if not 0 < len(values) <= _MOST_VALUES:
            raise CommandError(f'"values" must have 1 to {_MOST_VALUES} keys')
        await self._settings.change(fields["revision"], values)
        return await self._changed(request, ", ".join(values))

    async def _add(self, request: web.Request) -> web.StreamResponse:
        kinds = {"revision": str, "name": str, "service": str, "address": str}
        fields = _fields(await body(request), kinds, {"token": str, "after_min": (int, float)})
        revision = fields.pop("revision")
        await self._settings.add_recipient(revision, NewRecipient(**fields))
        return await self._changed(request, f"notify.services, {fields['name']} was added")

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(await body(request), {"revision": str, "name": str})
        await self._settings.remove_recipient(fields["revision"], fields["name"])
        return await self._changed(request, f"notify.services, {fields['name']} was removed")

    async def _test(self, request: web.Request) -> web.StreamResponse:
        name = _fields(await body(request), {"name": str})["name"]
        wait_s = self._tests.wait_s(time.monotonic())
        if not self._tests.take(time.monotonic()):
            return error_response(429, "too many test messages", Retry_After=f"{math.ceil(wait_s)}")
        told = await self._settings.test_recipient(name)
        log.info("%s sent a test message to %s", request[CLIENT].address, told.what)
        return json_response({"ok": True, "accepted": told.good is True, "text": told.text})

    async def _set_up(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(await body(request), {"set_up": str})
        if fields["set_up"] not in get_args(SetUp):
            raise CommandError(f'"set_up" must be one of {", ".join(get_args(SetUp))}')
        await self._settings.set_up(fields["set_up"])
        return json_response({"ok": True})

    async def _restart(self, request: web.Request) -> web.StreamResponse:
        fields = _fields(await body(request), {"restart": bool})
        if not fields["restart"]:
            raise CommandError('"restart" must be true')
        self._settings.restart()
        log.info("%s restarts babycryd", request[CLIENT].address)
        return json_response({"ok": True})

    async def _changed(self, request: web.Request, what: str) -> web.StreamResponse:
        log.info("%s changed settings: %s", request[CLIENT].address, what)
        return json_response({"ok": True, **await self._settings.read()})


def _fields(
    found: dict[str, Any], required: Mapping[str, type], optional: Mapping[str, type | tuple[type, ...]] = {}
) -> dict[str, Any]:
    """Return the fields of a body, of these types and no others. Raises CommandError, which holds no value."""
    known = {**required, **optional}
    for key in sorted(known.keys() & found.keys()):
        if not isinstance(found[key], known[key]) or (isinstance(found[key], bool) and known[key] is not bool):
            raise CommandError(f'"{key}" is of the wrong type')
    if missing := sorted(required.keys() - found.keys()):
        raise CommandError(f'"{missing[0]}" is missing')
    if found.keys() - known.keys():
        raise CommandError(f"only {', '.join(known)} are known")
    return dict(found)


def _with_errors(handler: Handler) -> Handler:
    """Wrap a handler, so that its errors become answers."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except CommandError as error:
            return error_response(422, str(error))
        except SettingsRefusedError as error:
            faults = [{"key": each.key, "text": each.text} for each in error.faults]
            return json_response({"ok": False, "error": str(error), "faults": faults}, 422)
        except StaleSettingsError as error:
            return error_response(409, str(error), advice="settings_changed")
        except ClosedSettingsError as error:
            return error_response(409, str(error), advice="settings_closed")

    return handled


def settings_paths() -> dict[str, Any]:
    """Return the paths of these handlers for the OpenAPI document."""
    read = {
        "revision": TEXT,
        "kept_in": TEXT,
        "target": {"enum": ["file", "page"]},
        "configuration": MAYBE_TEXT,
        "fault": MAYBE_TEXT,
        "first_start": FLAG,
        "restart": {"type": "array", "items": TEXT},
        "values": {"type": "object"},
        "sensitivity": {"type": "array"},
        "recipients": {"type": "array"},
        "services": {"type": "array", "items": TEXT},
    }
    changed = json_content(schema_of({"ok": {"const": True}, **read}))
    done = json_content(schema_of({"ok": {"const": True}}))
    tested = json_content(schema_of({"ok": {"const": True}, "accepted": FLAG, "text": TEXT}))
    values: Schema = {"type": "object", "minProperties": 1, "maxProperties": _MOST_VALUES}
    named = {"revision": TEXT, "name": TEXT}
    recipient = strict({**named, "service": TEXT, "address": TEXT}, {"token": TEXT, "after_min": {"type": "number"}})
    remove = post("Remove a recipient that was made on the page.", strict(named), changed)
    return {
        "/api/settings": {
            "get": operation("The settings that the page may change.", json_content(schema_of(read)), (409,)),
            "post": post("Change settings, by key.", strict({"revision": TEXT, "values": values}), changed),
        },
        "/api/settings/recipient": {"post": post("Add a recipient of alerts.", recipient, changed)},
        "/api/settings/recipient/remove": {"post": remove},
        "/api/settings/recipient/test": {
            "post": post("Send a test message to a recipient.", strict({"name": TEXT}), tested)
        },
        "/api/settings/set-up": {
            "post": post("Offer the first steps no more.", strict({"set_up": {"enum": list(get_args(SetUp))}}), done)
        },
        "/api/restart": {"post": post("Start babycryd again.", strict({"restart": {"const": True}}), done)},
    }
