"""The OpenAPI document: complete, consistent, and the same as what a public linter and a client generator expect."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.config import Settings
from app.main import create_app

Part = dict[str, Any]
VERBS = {
    "add", "ask", "attach", "begin", "build", "cancel", "change", "check", "compare", "confirm", "create", "delete", "diff", "disable", "download", "drain",
    "edit", "enable", "end", "erase", "estimate", "explain", "export", "follow", "get", "give", "import", "ingest", "issue", "list", "log", "make",
    "match", "name", "open", "ping", "read", "reembed", "refresh", "register", "remove", "replace", "replay", "repurpose", "request", "reset",
    "restore", "retry", "revise", "revoke", "rotate", "search", "select", "send", "set", "start", "take", "test", "update", "verify", "write",
}  # fmt: skip
WITHOUT_EXAMPLE = {"text/event-stream", "application/octet-stream", "multipart/form-data"}


@pytest.fixture(scope="module")
def document() -> Part:
    return create_app(Settings()).openapi_schema.to_schema()


def operations(document: Part) -> Iterator[tuple[str, str, Part]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def parts(part: Any, where: str = "") -> Iterator[tuple[str, Part]]:
    """Every object of the document, and where it stands; examples are no part of it."""
    if isinstance(part, dict):
        yield where, part
        for name, value in part.items():
            if name not in {"example", "examples"}:
                yield from parts(value, f"{where}/{name}")
    elif isinstance(part, list):
        for number, value in enumerate(part):
            yield from parts(value, f"{where}/{number}")


def bodies(document: Part) -> Iterator[tuple[str, Part]]:
    """What is sent and what is answered, each media type of each operation."""
    for _, _, operation in operations(document):
        said = operation["operationId"]
        for status, one in [("body", operation.get("requestBody", {})), *operation["responses"].items()]:
            for kind, content in one.get("content", {}).items():
                yield f"{said} {status} {kind}", content


def test_no_object_is_anonymous_and_every_schema_has_a_name_for_people(document):
    named = re.compile(r"^[A-Z][A-Za-z0-9]*$")
    homeless = [
        where
        for where, part in parts(document)
        if "properties" in part and not re.fullmatch(r"/components/schemas/[^/]+", where)
    ]

    assert homeless == []
    assert [name for name in document["components"]["schemas"] if not named.match(name)] == []


def test_every_reference_leads_somewhere_and_no_schema_is_left_over(document):
    used = {part["$ref"] for _, part in parts(document) if isinstance(part.get("$ref"), str)}
    mapped = {to for _, part in parts(document) for to in part.get("discriminator", {}).get("mapping", {}).values()}
    there = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert {one for one in used if "/schemas/" in one} | mapped == there


def test_operations_are_named_by_a_verb_and_what_it_is_done_to_each_once(document):
    names = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(names) == len(set(names))
    assert [name for name in names if name.split("_")[0] not in VERBS or "_" not in name] == []


def test_operations_and_parameters_say_what_they_are_and_tags_are_declared(document):
    declared = {tag["name"] for tag in document["tags"]}
    for _, path, operation in operations(document):
        assert operation["summary"], path
        assert operation["description"].endswith((".", "!", "?")), operation["description"]
        assert len(operation["tags"]) == 1, path
        assert set(operation["tags"]) <= declared, path
        silent = [one["name"] for one in operation.get("parameters", []) if not one.get("description")]
        assert silent == [], f"{operation['operationId']}: add these to app/reference/words.py"
    assert all(tag["description"] for tag in document["tags"])


def test_every_refusal_that_any_request_may_meet_is_there_and_in_the_contracts_form(document):
    probes = {"get_health", "check_readiness"}
    for _, path, operation in operations(document):
        answers = operation["responses"]
        assert "400" in answers, path
        assert ("401" in answers and "403" in answers) or not operation["security"], path
        assert ({"413", "415"} <= set(answers)) == (
            bool({"application/json", "multipart/form-data"} & set(operation.get("requestBody", {}).get("content", {})))
        ), path
        assert ("404" in answers) or "{" not in path, path
        assert "503" in answers or path.endswith("/live"), path
        assert "500" not in answers, path
        for status, answer in answers.items():
            if status >= "400" and not (status == "503" and operation["operationId"] in probes):
                assert answer["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
            if status in {"429", "503"}:
                assert "Retry-After" in answer["headers"], path
            assert answer["description"], path


def test_revisions_places_and_keys_are_documented_where_they_are_given(document):
    for method, path, operation in operations(document):
        taken = {one["name"] for one in operation.get("parameters", [])}
        answers = operation["responses"]
        if "If-None-Match" in taken:
            assert "ETag" in answers["200"]["headers"], path
            assert "ETag" in answers["304"]["headers"], path
        if "If-Match" in taken:
            done = next(answer for code, answer in answers.items() if code.startswith("2"))
            assert "412" in answers, path
            assert "ETag" in done["headers"], path
        if method in {"patch", "put"} and "/content" not in path:
            assert "If-Match" in taken, path
        if "202" in answers and method == "post":
            assert "Location" in answers["202"]["headers"], path
            assert "links" in answers["202"], path
        makes_a_job = "202" in answers and method == "post" and not re.search(r"/admin/|/cancel$", path)
        assert not makes_a_job or "Idempotency-Key" in taken, path


def test_a_single_resource_carries_an_etag(document):
    of_the_moment = {"/api/v1/admin/jobs/{job_id}"}
    for method, path, operation in operations(document):
        if method == "get" and path.endswith("}") and path not in of_the_moment:
            assert "304" in operation["responses"], path


def test_every_json_body_has_an_example_and_every_example_is_valid(document):
    registry = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    for where, content in bodies(document):
        schema = content["schema"]
        if where.split()[-1] != "application/json" or "$ref" not in schema:
            continue
        assert content["examples"], where
        target = schema["$ref"]
        checker = Draft202012Validator({"$ref": f"urn:document{target}"}, registry=registry)
        for example in content["examples"].values():
            value = document["components"]["examples"][example["$ref"].rpartition("/")[2]]["value"]
            problems = [f"{error.json_path}: {error.message}" for error in checker.iter_errors(value)]
            assert problems == [], f"{where} {target}"


def test_bodies_of_several_kinds_say_by_which_property_they_are_told_apart(document):
    unions = [schema for _, schema in parts(document) if len(schema.get("oneOf", [])) > 1 and "title" in schema]

    assert unions
    for union in unions:
        tag = union["discriminator"]["propertyName"]
        for word, target in union["discriminator"]["mapping"].items():
            assert document["components"]["schemas"][target.rpartition("/")[2]]["properties"][tag]["enum"] == [word]


def test_what_is_only_answered_has_all_its_fields_and_what_is_sent_takes_no_others(document):
    schemas = document["components"]["schemas"]
    assert set(schemas["JobRead"]["required"]) == set(schemas["JobRead"]["properties"])
    assert set(schemas["UsageRead"]["required"]) == {"input_tokens", "output_tokens", "cost_usd"}
    assert schemas["ProjectCreate"]["additionalProperties"] is False
    assert schemas["ProjectCreate"]["required"] == ["title"]


def test_files_and_streams_are_described_as_such(document):
    paths = document["paths"]
    export = paths["/api/v1/scripts/{script_id}/export"]["get"]["responses"]["200"]
    assert {"text/markdown", "text/vtt"} <= set(export["content"])
    assert "Content-Disposition" in export["headers"]
    events = paths["/api/v1/jobs/{job_id}/events"]["get"]
    assert "event: end" in events["responses"]["200"]["content"]["text/event-stream"]["example"]
    assert "Last-Event-ID" in {one["name"] for one in events["parameters"]}
    assert set(paths["/api/v1/sources/{source_id}/poster"]["get"]["responses"]["200"]["content"]) == {"image/jpeg"}


def test_who_may_call_what_is_said(document):
    paths = document["paths"]
    assert set(document["components"]["securitySchemes"]) == {"token", "operator_token", "api_key", "ticket"}
    assert paths["/api/v1/auth/login"]["post"]["security"] == []
    assert paths["/api/v1/admin/jobs"]["get"]["security"] == [{"operator_token": []}]
    assert paths["/api/v1/users/me"]["get"]["security"] == [{"token": []}]
    assert paths["/api/v1/projects"]["get"]["security"] == [{"token": []}, {"api_key": []}]
