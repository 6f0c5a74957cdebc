"""PURE. Operations of the OpenAPI document: what is sent to a path, and what it answers."""

from typing import Any, Final

Schema = dict[str, Any]


def post(what: str, body: Schema, answer: dict[str, Any], more: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return a `post` operation with its body."""
    asked = operation(what, answer, (400, 409, 413, 415, 422, *more))
    return asked | {"requestBody": {"required": True, "content": json_content(body)}}


def operation(
    what: str, answer: dict[str, Any], mistakes: tuple[int, ...] = (), parameters: list[Schema] | None = None
) -> dict[str, Any]:
    """Return an operation with its answers, those that refuse it among them."""
    refused = {"$ref": "#/components/schemas/Mistake"}
    refusals = {
        str(status): {"description": _WHY[status], "content": json_content(refused)}
        for status in (401, 403, 408, 429, 503, *mistakes)
    }
    answers = {"200": {"description": "Success.", "content": answer}, **refusals}
    return {"summary": what, "responses": answers, **({"parameters": parameters} if parameters else {})}


_WHY: Final = {
    400: "The body cannot be decoded.",
    401: "Not logged in.",
    403: "Another host name, another site, no token, or a wrong password.",
    404: "Not found.",
    408: "The request was sent too slowly.",
    409: "The command cannot be executed now.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "A value is not allowed; `error` says which are.",
    429: "Too many wrong passwords.",
    503: "Too many pages are open, or the password's file cannot be used.",
}


def json_content(schema: Schema) -> dict[str, Any]:
    """Return the content of a JSON answer."""
    return {"application/json": {"schema": schema}}


def content(kind: str) -> dict[str, Any]:
    return {kind: {"schema": {"type": "string"}}}
