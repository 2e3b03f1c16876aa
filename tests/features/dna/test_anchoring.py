"""What a profile quotes stays true when a source is read anew."""

import pytest
from sqlalchemy import text

from app.shared.evidence import Evidence, Span, relocate
from tests.conftest import SAMPLES, add_file, finished

pytestmark = pytest.mark.usefixtures("worker")


async def test_quotes_follow_the_text_of_a_source_that_was_read_anew_or_are_marked_stale(creator, project, resources):
    sources = []
    for path in sorted((SAMPLES / "own").iterdir())[:3]:
        accepted = (await add_file(creator, project, path.name, path.read_bytes(), "own")).json()
        await finished(creator, accepted["job"])
        sources.append(accepted["source"]["id"])
    built = await creator.post(f"/projects/{project}/dna-profiles", json={"source_ids": sources})
    job = await finished(creator, built.json())
    profile = (await creator.get(f"/dna-profiles/{job['result']['id']}")).json()
    first = min((SAMPLES / "own").iterdir())
    lines = first.read_text(encoding="utf-8")
    longer = "1\n00:00:00,100 --> 00:00:00,900\nA line before all others.\n\n" + lines  # everything moves
    async with resources.db.transaction() as session:
        key = await session.scalar(text("select storage_key from content_sources where id = :id"), {"id": sources[0]})

    await resources.storage.put(key, longer.encode())
    await finished(creator, (await creator.post(f"/sources/{sources[0]}/ingest")).json()["job"])
    moved = (await creator.get(f"/dna-profiles/{profile['id']}")).json()
    now = (await creator.get(f"/sources/{sources[0]}/text")).json()["text"]
    await resources.storage.put(key, b"1\n00:00:00,100 --> 00:00:00,900\nNothing of it is left.\n")
    await finished(creator, (await creator.post(f"/sources/{sources[0]}/ingest")).json()["job"])
    stale = (await creator.get(f"/dna-profiles/{profile['id']}")).json()

    quotes = [quote for quote in evidence_of(moved) if quote["source_id"] == sources[0]]
    assert quotes
    assert all(now[quote["span"]["start"] : quote["span"]["end"]] == quote["quote"] for quote in quotes)
    assert not any(quote["stale"] for quote in evidence_of(moved))
    assert {quote["stale"] for quote in evidence_of(stale) if quote["source_id"] == sources[0]} == {True}
    assert not any(quote["stale"] for quote in evidence_of(stale) if quote["source_id"] != sources[0])


def evidence_of(profile):
    return [
        *(quote for signal in profile["signals"] for quote in signal["examples"]),
        *(quote for phrase in profile["catchphrases"] for quote in phrase["examples"]),
        *(quote for trait in profile["traits"] for quote in trait["evidence"]),
        *(one["evidence"] for one in profile["exemplars"]),
    ]


def test_a_quote_that_stands_twice_is_found_where_it_stood_nearest():
    text = "So it goes. And then, much later, so on. So it goes."

    found = relocate(Evidence("So it goes.", "s", Span(44, 55)), text, lambda _: None)

    assert (found.span, found.stale) == (Span(41, 52), False)


def test_a_quote_is_given_as_it_stands_now_and_with_its_new_second():
    found = relocate(Evidence('He said "no".', "s", Span(0, 13), 3.0), "Then he said “no”.", lambda place: place / 2)

    assert (found.quote, found.span, found.start_seconds) == ("he said “no”.", Span(5, 18), 2.5)
