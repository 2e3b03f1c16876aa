"""Requests that no client should send, by hand: each gets a clear refusal, or what it asks for; none gets a 5xx."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

PATHS_WITH_TEXT = [
    ("/projects", {"title": "{}"}), ("/audiences", {"name": "{}"}), ("/preferences", {"rule": "{}"}),
    ("/materials", {"kind": "story", "title": "{}", "text": "A story."}), ("/users/me/api-keys", {"name": "{}", "scopes": ["read"]}),
    ("/auth/register", {"email": "{}@example.com", "password": "correct horse battery", "display_name": "N"}),
    ("/auth/login", {"email": "{}", "password": "correct horse battery"}),
]  # fmt: skip
JSON = {"Content-Type": "application/json"}


def filled(body: dict, text: str) -> dict:
    return {name: value.format(text) if isinstance(value, str) else value for name, value in body.items()}


@pytest.mark.parametrize(("path", "body"), PATHS_WITH_TEXT)
async def test_text_that_no_database_holds_is_refused(creator, path, body):
    for text in ("a\x00b", "a\ud800b", "\udfff"):
        answer = await creator.post(path, content=json.dumps(filled(body, text)), headers=JSON)

        assert answer.status_code == 400, f"{text!r} {answer.text}"


async def test_what_looks_like_a_value_and_is_another_is_refused(creator, project):
    wrong = [
        {"target_minutes": "12"}, {"target_minutes": True}, {"allow_external_models": "true"}, {"allow_external_models": 1}, {"title": 7}, {"title": None},
        {"status": None}, {"engine": None}, {"target_minutes": 1e308}, {"target_minutes": -1}, {"dna_profile_id": 5}, {"dna_profile_id": "x"},
        {"title": ["a"]}, {"title": " "}, {"id": str(uuid4())},
    ]  # fmt: skip
    for body in wrong:
        answer = await creator.patch(f"/projects/{project}", json=body)
        assert (answer.status_code, answer.json().get("code")) == (400, "invalid_request"), body


async def test_numbers_beyond_every_measure_are_refused(creator, project):
    huge = "9" * 400
    for query in (
        f"limit={huge}",
        f"offset={huge}",
        "limit=-1",
        "offset=-1",
        "limit=0",
        "limit=1e3",
        "limit=1_0",
        "limit=",
        "limit=NaN",
    ):
        answer = await creator.get(f"/projects?{query}")
        assert answer.status_code == 400, f"{query[:20]} {answer.text}"
    for body in (f'{{"target_minutes": {huge}}}', '{"target_minutes": 1e999}', '{"target_minutes": NaN}'):
        answer = await creator.patch(f"/projects/{project}", content=body, headers=JSON)
        assert answer.status_code == 400, body[:40]
    restored = await creator.get(f"/scripts/{uuid4()}/versions/{huge}")
    assert restored.status_code in {400, 404}
    assert (await creator.get("/projects?offset=1000000000")).json()["items"] == []


async def test_bodies_that_are_no_json_object_in_utf8_are_refused(creator):
    deep = "[" * 100_000 + "]" * 100_000
    bodies = [
        b"", b"null", b"[]", b'"title"', b"7", b"{", b'{"title": "a"', b"\xff\xfe", b'\xef\xbb\xbf{"title": "a"}', '{"title": "a"}'.encode("utf-16"),
        f'{{"title": {deep}}}'.encode(), b'{"title": "a",}', b"{'title': 'a'}",
    ]  # fmt: skip
    for body in bodies:
        answer = await creator.post("/projects", content=body, headers=JSON)
        assert answer.status_code == 400, f"{body[:30]!r} {answer.text}"
        assert len(answer.json()["detail"]) < 500


async def test_the_last_of_two_fields_of_one_name_counts(creator):
    answer = await creator.post("/projects", content=b'{"title": "First", "title": "Second"}', headers=JSON)

    assert (answer.status_code, answer.json()["title"]) == (201, "Second")


async def test_only_json_is_taken_for_json_and_in_no_other_charset(creator):
    body = '{"title": "Café"}'
    for kind in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "json",
        "",
        "application/jsonx",
        "*/*",
    ):
        answer = await creator.post("/projects", content=body.encode(), headers={"Content-Type": kind})
        assert answer.status_code == 415, f"{kind} {answer.text}"
    said = await creator.post(
        "/projects", content=body.encode("latin-1"), headers={"Content-Type": "application/json; charset=latin-1"}
    )
    assert said.status_code in {400, 415}
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"):
        assert (
            await creator.post("/projects", content=body.encode(), headers={"Content-Type": kind})
        ).status_code == 201


async def test_addresses_of_odd_forms_are_unknown(creator, project):
    upper, bare = project.upper(), project.replace("-", "")
    for part in (
        "1",
        "null",
        "%00",
        "..%2f..",
        "%ff",
        "' or 1=1",
        "x" * 5000,
    ):
        answer = await creator.get(f"/projects/{part}")
        assert answer.status_code in {400, 404}, f"{part[:40]} {answer.status_code}"
    for same in (upper, bare, "{" + project + "}", f"urn:uuid:{project}"):  # all name the same id
        assert (await creator.get(f"/projects/{same}")).status_code in {200, 404}


async def test_a_query_that_is_huge_or_no_text_is_refused_or_ignored(creator):
    assert (await creator.get("/projects?search=" + "a" * 301)).status_code == 400
    assert (await creator.get("/projects?search=%00")).status_code == 400
    assert (await creator.get("/projects?search=null")).status_code == 200
    for query in ("/projects?status=null", "/jobs?project_id=NULL", "/usage?to=null&to=null"):
        assert (await creator.get(query)).status_code == 400, query
    assert (await creator.get("/projects?search=%ff")).status_code == 400
    assert (await creator.get("/projects?search=%ED%A0%80")).status_code == 400
    assert (await creator.get("/projects?" + "&".join(f"a{n}=1" for n in range(2000)))).status_code in {200, 400}
    assert (await creator.get("/projects?limit=1&limit=2")).status_code in {200, 400}


async def test_keys_of_idempotency_may_be_any_word_and_a_deleted_source_is_not_made_again(creator, worker, project):
    text = {"kind": "text", "role": "reference", "title": "Tides", "text": "The tide turns twice a day."}
    for key in ("a b", "ключ".encode(), "x" * 255, "%00", "'; drop table jobs; --", "🗝".encode()):
        answers = [
            await creator.post(f"/projects/{project}/sources", json=text, headers={"Idempotency-Key": key})
            for _ in range(2)
        ]
        assert [one.status_code for one in answers] == [202, 202], key
        assert len({one.json()["job"]["id"] for one in answers}) == 1
    long = await creator.post(f"/projects/{project}/sources", json=text, headers={"Idempotency-Key": "x" * 256})
    assert long.status_code in {400, 422}

    gone = answers[0].json()["source"]["id"]
    assert (await creator.delete(f"/sources/{gone}")).status_code == 204
    again = await creator.post(f"/projects/{project}/sources", json=text, headers={"Idempotency-Key": "🗝".encode()})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")


async def test_conditions_hold_for_every_form_of_etag(creator, project):
    tag = (await creator.get(f"/projects/{project}")).headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await creator.get(f"/projects/{project}", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag), known
    for other in ('"x"', "x", '"', ",", "W/"):
        assert (await creator.get(f"/projects/{project}", headers={"If-None-Match": other})).status_code == 200, other
    for stale in ('"x"', "x", f"W/{tag}", '"'):
        changed = await creator.patch(f"/projects/{project}", json={"title": "New"}, headers={"If-Match": stale})
        assert changed.status_code == 412, stale
    two = await asyncio.gather(
        *(creator.patch(f"/projects/{project}", json={"title": name}, headers={"If-Match": tag}) for name in "ab")
    )
    assert sorted(one.status_code for one in two) == [200, 412]


async def test_an_account_and_a_version_carry_etags_too(operator, creator):
    me = (await creator.get("/users/me")).json()["id"]
    read = await operator.get(f"/users/{me}")
    stale = await operator.patch(f"/users/{me}", json={"monthly_budget_usd": "5"}, headers={"If-Match": '"x"'})
    changed = await operator.patch(
        f"/users/{me}", json={"monthly_budget_usd": "5"}, headers={"If-Match": read.headers["etag"]}
    )

    assert (await operator.get(f"/users/{me}", headers={"If-None-Match": read.headers["etag"]})).status_code == 200
    assert (stale.status_code, changed.status_code) == (412, 200)
    assert changed.headers["etag"] != read.headers["etag"]


async def test_a_file_says_whether_it_can_be_had_in_parts(creator, project):
    sent = await creator.post(
        f"/projects/{project}/sources/file",
        files={"file": ("a.txt", b"0123456789")},
        data={"role": "own", "title": "Digits"},
    )
    where = f"/sources/{sent.json()['source']['id']}/original"
    whole = await creator.get(where, headers={"Range": "bytes=2-4"})

    assert (whole.status_code, whole.content, whole.headers["accept-ranges"]) == (200, b"0123456789", "none")


async def test_an_error_is_json_in_the_contracts_form_even_where_nothing_is(server):
    async with httpx.AsyncClient(base_url=server) as client:
        for method, path in (
            ("GET", "/api/v1/nothing"),
            ("PUT", "/api/v1/projects"),
            ("GET", "/api"),
            ("TRACE", "/api/v1/projects"),
        ):
            answer = await client.request(method, path)
            assert set(answer.json()) == {"status_code", "detail", "code", "extra"}, path
