"""HTTP API of the loudness at the cot and of the owner's recordings."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from babycryd.core.command_values import LONGEST_TEXT, CommandError, name
from babycryd.core.sounds import LoudnessMeter, Voice, Voices
from babycryd.web.api import body
from babycryd.web.openapi_parts import Schema, json_content, operation, post
from babycryd.web.responses import error_response, json_response

_FILE: Final = "application/octet-stream"  # as no form can send
UPLOAD: Final = "/api/voices"  # POST takes a WAV file in place of JSON
_PIECE_BYTES: Final = 1 << 16
_NOT_HERE: Final = "this device has no such part"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SoundsApi:
    """Handlers for the loudness and the recordings. Either part may be None; its paths then answer 409."""

    def __init__(self, meter: LoudnessMeter | None, voices: Voices | None) -> None:
        self._optional_meter = meter
        self._optional_voices = voices

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes of these handlers."""
        return [
            web.get("/api/loudness", _with_errors(self._loudness)),
            web.post("/api/loudness", _with_errors(self._measured)),
            web.post("/api/loudness/play", _with_errors(self._play)),
            web.get(UPLOAD, _with_errors(self._list)),
            web.post(UPLOAD, _with_errors(self._add)),
            web.post("/api/voices/delete", _with_errors(self._delete)),
        ]

    @property
    def _meter(self) -> LoudnessMeter:
        if self._optional_meter is None:
            raise CommandError(_NOT_HERE)
        return self._optional_meter

    @property
    def _voices(self) -> Voices:
        if self._optional_voices is None:
            raise CommandError(_NOT_HERE)
        return self._optional_voices

    async def _loudness(self, _: web.Request) -> web.StreamResponse:
        return json_response(asdict(self._meter.loudness()))

    async def _play(self, _: web.Request) -> web.StreamResponse:
        await self._meter.play()
        return json_response({"ok": True})

    async def _measured(self, request: web.Request) -> web.StreamResponse:
        fields = await body(request)
        dba = fields.get("dba")
        if fields.keys() != {"dba"} or isinstance(dba, bool) or not isinstance(dba, int | float):
            raise CommandError('expected {"dba": 52}, the figure that the meter at the cot shows')
        await self._meter.measured(float(dba))
        return json_response({"ok": True, **asdict(self._meter.loudness())})

    async def _list(self, _: web.Request) -> web.StreamResponse:
        return json_response({"voices": [asdict(each) for each in await self._voices.voices()]})

    async def _add(self, request: web.Request) -> web.StreamResponse:
        wanted = name(dict(request.query), "name")
        if request.content_type != _FILE or not wanted:
            raise CommandError(f"send a WAV file as {_FILE}, to {UPLOAD}?name=…&consent=true")
        if request.query.get("consent") != "true":
            raise CommandError("consent=true is missing: all who can be heard must agree")
        added: Voice = await self._voices.add(wanted, request.content.iter_chunked(_PIECE_BYTES))
        return json_response({"ok": True, **asdict(added)})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        fields = await body(request)
        wanted = name(fields, "name")
        if not wanted or fields.keys() != {"name"}:
            raise CommandError('expected {"name": "…"}')
        await self._voices.delete(wanted)
        return json_response({"ok": True})


def _with_errors(handler: Handler) -> Handler:
    """Wrap a handler, so that its errors become answers."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except CommandError as error:
            return error_response(409, str(error))

    return handled


def sounds_paths() -> dict[str, Any]:
    """Return the paths of these handlers for the OpenAPI document."""
    text: Schema = {"type": "string"}
    number: Schema = {"type": "number"}
    maybe: Schema = {"type": ["number", "null"]}
    flag: Schema = {"type": "boolean"}
    measured = {"dba": maybe, "full_dba": maybe, "cap_dba": number, "full_percent": number, "other_speaker": flag}
    measured["uncapped_dba"] = maybe
    voice = {"name": text, "n_bytes": {"type": "integer"}}
    named = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
    done, listed = _object({"ok": {"const": True}}), {"type": "array", "items": _object(voice)}
    upload = post(
        "Store a recording of a voice as a sound.", {}, json_content(_object({"ok": {"const": True}, **voice}))
    )
    upload["requestBody"]["content"] = {_FILE: {"schema": {"type": "string", "format": "binary"}}}
    upload["parameters"] = [
        {"name": "name", "in": "query", "required": True, "schema": named},
        {"name": "consent", "in": "query", "required": True, "schema": {"const": "true"}},
    ]
    reading = _object({"dba": number}) | {"additionalProperties": False}
    whose = _object({"name": named}) | {"additionalProperties": False}
    return {
        "/api/loudness": {
            "get": operation("The loudness at the cot.", json_content(_object(measured)), (409,)),
            "post": post("What a meter at the cot shows while the test sound plays.", reading, json_content(done)),
        },
        "/api/loudness/play": {
            "post": post("Play the test sound for a minute.", {"type": "object"}, json_content(done))
        },
        UPLOAD: {
            "get": operation("The recordings of voices.", json_content(_object({"voices": listed})), (409,)),
            "post": upload,
        },
        "/api/voices/delete": {"post": post("Delete a recording.", whose, json_content(done))},
    }


def _object(required: dict[str, Schema]) -> Schema:
    return {"type": "object", "properties": required, "required": list(required)}
