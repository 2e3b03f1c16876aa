import asyncio
from uuid import uuid4

import pytest


async def test_a_project_is_read_as_it_was_made(creator):
    sent = {
        "title": "  Tides ", "creative_brief": "Why the sea comes back", "audience": "swimmers", "platform": "youtube",
        "target_minutes": 8.5, "language": "en-GB",
    }  # fmt: skip

    made = await creator.post("/projects", json=sent)
    read = await creator.get(f"/projects/{made.json()['id']}")

    assert made.status_code == 201
    assert made.json() == read.json()
    assert read.json() | sent | {"title": "Tides"} == read.json()
    assert (read.json()["status"], read.json()["dna_profile_id"]) == ("active", None)


async def test_a_patch_changes_what_it_names_and_null_clears(creator):
    made = await creator.post("/projects", json={"title": "Tides", "audience": "swimmers", "target_minutes": 8})

    changed = await creator.patch(f"/projects/{made.json()['id']}", json={"audience": None, "status": "archived"})

    assert changed.status_code == 200
    assert (changed.json()["audience"], changed.json()["target_minutes"]) == (None, 8)
    assert changed.json()["status"] == "archived"


async def test_an_etag_saves_the_body_and_a_stale_one_changes_nothing(creator, project):
    read = await creator.get(f"/projects/{project}")
    tag = read.headers["etag"]
    assert (await creator.get(f"/projects/{project}", headers={"If-None-Match": tag})).status_code == 304

    first = await creator.patch(f"/projects/{project}", json={"title": "One"}, headers={"If-Match": tag})
    second = await creator.patch(f"/projects/{project}", json={"title": "Two"}, headers={"If-Match": tag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert (await creator.get(f"/projects/{project}")).json()["title"] == "One"
    assert (await creator.get(f"/projects/{project}", headers={"If-None-Match": tag})).status_code == 200


async def test_of_two_writers_at_once_only_one_wins(creator, project):
    tag = (await creator.get(f"/projects/{project}")).headers["etag"]

    answers = await asyncio.gather(
        *(creator.patch(f"/projects/{project}", json={"title": f"T{n}"}, headers={"If-Match": tag}) for n in range(6))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]


async def test_the_list_is_paged_ordered_and_searched_literally(creator):
    for title in ("Alpha", "Beta 100%", "Gamma_x", "gammaYx"):
        await creator.post("/projects", json={"title": title})

    page = (
        await creator.get("/projects", params={"limit": 2, "offset": 1, "order_by": "title", "sort_order": "asc"})
    ).json()
    percent = (await creator.get("/projects", params={"search": "100%"})).json()
    underscore = (await creator.get("/projects", params={"search": "GAMMA_"})).json()

    assert (page["total"], page["limit"], page["offset"]) == (4, 2, 1)
    assert len(page["items"]) == 2
    assert [item["title"] for item in percent["items"]] == ["Beta 100%"]
    assert [item["title"] for item in underscore["items"]] == ["Gamma_x"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "offset=-1", "offset=99999999999999999999", "status=gone", "search=%00", "search=%ff", "sort_order=up"])  # fmt: skip
async def test_a_bad_query_is_400(creator, query):
    answer = await creator.get(f"/projects?{query}")

    assert answer.status_code == 400, answer.text
    assert answer.json()["status_code"] == 400


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", None),
        (b'"text"', None),
        (b"{", None),
        (b"\xff\xfe{}", None),
        (b"", "body"),
        (b"{}", "title"),
        (b'{"title": " \\t "}', "title"),
        (b'{"title": "x", "colour": "red"}', "colour"),
        (b'{"title": "a\\u0000b"}', "title"),
        (b'{"title": "x", "target_minutes": -1}', "target_minutes"),
        (b'{"title": "x", "target_minutes": "ten"}', "target_minutes"),
        (b'{"title": "x", "platform": "radio"}', "platform"),
        (b'{"title": "x", "language": "not a tag"}', "language"),
        (b'{"title": ' + b"[" * 2000 + b"]" * 2000 + b"}", None),
    ],
)
async def test_a_bad_body_is_400_and_makes_nothing(creator, body, field):
    answer = await creator.post("/projects", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] == "invalid_request"
    if field:
        assert [item["field"] for item in answer.json()["extra"]] == [field]
    assert (await creator.get("/projects")).json()["total"] == 0


async def test_a_body_over_the_limit_is_413(creator):
    body = b'{"title": "' + b"a" * 11_000_000 + b'"}'

    answer = await creator.post("/projects", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


async def test_nobody_sees_or_touches_a_strangers_project(stranger, project):
    answers = [
        await stranger.get(f"/projects/{project}"),
        await stranger.patch(f"/projects/{project}", json={"title": "mine"}),
        await stranger.delete(f"/projects/{project}"),
        await stranger.get(f"/projects/{project}/sources"),
        await stranger.get(f"/projects/{project}/search", params={"q": "tides"}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert (await stranger.get("/projects")).json()["total"] == 0


@pytest.mark.parametrize("project_id", ["nonsense", "123", "ee38c0a1-a4f9-4dcf-a01b-e5018002f272"])
async def test_an_unknown_project_is_404(creator, project_id):
    answer = await creator.get(f"/projects/{project_id}")

    assert answer.status_code == 404
    assert set(answer.json()) == {"status_code", "detail", "code", "extra"}


async def test_a_deleted_project_is_gone(creator, project):
    assert (await creator.delete(f"/projects/{project}")).status_code == 204
    assert (await creator.get(f"/projects/{project}")).status_code == 404
    assert (await creator.delete(f"/projects/{project}")).status_code == 404


async def test_a_profile_that_is_not_mine_can_not_be_chosen(creator, project):
    answer = await creator.patch(f"/projects/{project}", json={"dna_profile_id": str(uuid4())})

    assert answer.status_code == 404
