"""What holds for every operation of one kind: who may, what can be refused, what is no JSON, what has revisions."""

from typing import Any

from app.features.scripts.exports.files import FORMATS
from app.reference.examples import an_id
from app.reference.schemas import HOME
from app.reference.words import ANSWERS, HEADERS, PARAMETERS, STREAM
from app.shared.openapi import MEANINGS

Part = dict[str, Any]
METHODS_WITH_BODIES = {"post", "put", "patch", "delete"}


def finish_operation(method: str, path: str, operation: Part, options: Part) -> None:
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["description"] = " ".join(operation["description"].split())
    operation.pop("deprecated", None)
    operation["security"] = securities(options)
    for one in operation.get("parameters", []):
        say_parameter(one)
    if options.get("any_body"):
        file = {"schema": {"type": "string", "format": "binary", "description": "The file's bytes."}}
        operation["requestBody"] = {"content": {"application/octet-stream": file}, "required": True}
    answers = operation["responses"]
    for status in refusals(method, operation, options) - set(answers):
        answers[status] = {}
    for status in [
        one for one in answers if one == "415" and ("requestBody" not in operation or options.get("any_body"))
    ]:
        del answers[status]
    for status, answer in answers.items():
        if status >= "400" and "$ref" not in str(answer.get("content", {}).get("application/json", {}).get("schema")):
            answer["content"] = {"application/json": {"schema": {"$ref": f"{HOME}ErrorBody"}}}
        if status >= "400":
            answer.setdefault("description", MEANINGS[int(status)])
            answer["description"] = answer["description"] if int(status) not in MEANINGS else MEANINGS[int(status)]
            add_headers(
                answer, {"401": ["WWW-Authenticate"], "429": ["Retry-After"], "503": ["Retry-After"]}.get(status, [])
            )
            continue
        answer["description"] = ANSWERS[status]
        if status == "204":
            answer.pop("content", None)
        add_headers(answer, ["Location"] if status == "202" else [])
    say_bytes(path, operation)
    say_revisions(operation)
    operation["responses"] = dict(sorted(answers.items()))


def securities(options: Part) -> list[Part]:
    """Who may: nobody in particular, operators, whoever signed in, or programs with a key too."""
    if options.get("public"):
        return []
    if options.get("operator"):
        return [{"operator_token": []}]
    if options.get("personal"):
        return [{"token": []}]
    return [{"token": []}, {"api_key": []}, *([{"ticket": []}] if options.get("ticketed") else [])]


def refusals(method: str, operation: Part, options: Part) -> set[str]:
    """What can happen to any request of this kind, whatever the route does: a query or a header that is no text, no token
    or a key without the scope, a body that is too large or of another type, the database away."""
    alive_only = operation["operationId"] == "check_liveness"
    body = (
        ({"413"} if options.get("any_body") else {"413", "415"})
        if method in METHODS_WITH_BODIES and "requestBody" in operation
        else set()
    )
    return {"400"} | body | (set() if options.get("public") else {"401", "403"}) | (set() if alive_only else {"503"})


def say_parameter(parameter: Part) -> None:
    name, schema = parameter["name"], parameter["schema"]
    for noise in ("deprecated", "allowEmptyValue", "allowReserved"):
        parameter.pop(noise, None)
    if "oneOf" in schema:  # a parameter that is missing is not null
        (kind,) = [one for one in schema.pop("oneOf") if one != {"type": "null"}]
        schema.update(kind)
    said = schema.pop("description", None) or parameter.get("description") or PARAMETERS.get(name)
    if not said and name.endswith("_id"):
        said = f"The {name.removesuffix('_id').replace('_', ' ')}."
    if said:
        parameter["description"] = said


def add_headers(answer: Part, names: list[str], where: str | None = None) -> None:
    if not answer.get("headers"):
        answer.pop("headers", None)
    for name in names:
        said, example = HEADERS[name]
        example = f"{where}/{an_id('id')}" if where and name == "Location" else example
        header = {"description": said, "required": True, "schema": {"type": "string"}, "example": example}
        answer.setdefault("headers", {})[name] = header


def say_bytes(path: str, operation: Part) -> None:
    """Files and streams are not JSON."""
    answer = operation["responses"].get("200", {})
    if path.endswith("/export") and "format" in str(operation.get("parameters")):
        kinds = [kind.media_type.partition(";")[0] for kind in FORMATS.values()]
    elif path.endswith("/safety-export"):
        kinds = [FORMATS[one].media_type for one in ("md", "docx")]
    else:
        kinds = [one for one in answer.get("content", {}) if one != "application/json"]
    if not kinds:
        return
    streams = kinds == ["text/event-stream"]
    file: Part = {"type": "string", "description": "The file's bytes.", "format": "binary"}
    events = {
        "type": "string",
        "description": "Server-Sent Events: `event` is status, progress, step, delta or end, `data` is JSON, `id` rises; "
        "a delta has no id and is not sent again. After `end` the stream closes.",
    }
    answer["content"] = {kind: {"schema": events if streams else file} for kind in dict.fromkeys(kinds)}
    if streams:
        answer["content"]["text/event-stream"]["example"] = STREAM
    elif not path.endswith(("/poster", "/waveform")):
        add_headers(answer, ["Content-Disposition"])


def say_revisions(operation: Part) -> None:
    """What takes `If-None-Match` or `If-Match` gives an ETag; the first may have nothing to say."""
    taken = {one["name"] for one in operation.get("parameters", [])}
    if taken & {"If-None-Match", "If-Match"}:
        answered = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
        add_headers(answered, ["ETag"])
    if "If-None-Match" in taken:
        operation["responses"]["304"] = {"description": ANSWERS["304"]}
        add_headers(operation["responses"]["304"], ["ETag"])
