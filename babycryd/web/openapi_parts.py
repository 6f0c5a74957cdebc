"""PURE. Parts of the OpenAPI document: schemas, answers and operations."""

from typing import Any, Final

from babycryd.core.command_values import LONGEST_TEXT

Schema = dict[str, Any]
NUMBER: Final[Schema] = {"type": "number"}
MAYBE_NUMBER: Final[Schema] = {"type": ["number", "null"]}
TEXT: Final[Schema] = {"type": "string"}
MAYBE_TEXT: Final[Schema] = {"type": ["string", "null"]}
FLAG: Final[Schema] = {"type": "boolean"}
MAYBE_FLAG: Final[Schema] = {"type": ["boolean", "null"]}
NAME: Final[Schema] = {"type": "string", "maxLength": LONGEST_TEXT}
MAYBE_NAME: Final[Schema] = {"type": ["string", "null"], "maxLength": LONGEST_TEXT}


def schema_of(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these fields, and perhaps more."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def strict(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return the schema of an object with these fields and no others."""
    return schema_of(required, optional) | {"additionalProperties": False}


def post(what: str, body: Schema, answer: dict[str, Any], more: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return a POST operation. `body`: the schema of its JSON; `more`: further statuses of refusals."""
    described = operation(what, answer, (400, 409, 413, 415, 422, *more))
    return described | {"requestBody": {"required": True, "content": json_content(body)}}


def operation(
    what: str, answer: dict[str, Any], mistakes: tuple[int, ...] = (), parameters: list[Schema] | None = None
) -> dict[str, Any]:
    """Return an operation. `answer`: the content of its success; `mistakes`: further statuses of refusals."""
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
    429: "Too many wrong passwords, or test messages.",
    503: "Too many pages are open, or the password's file cannot be used.",
}


def json_content(schema: Schema) -> dict[str, Any]:
    """Return the content of a JSON body."""
    return {"application/json": {"schema": schema}}


def content(kind: str) -> dict[str, Any]:
    """Return the content of a body of another media type."""
    return {kind: {"schema": {"type": "string"}}}
