"""Sources of a project about longitude, and research in it."""

from tests.conftest import SAMPLES, add_file, finished

QUESTION = "How did navigators learn to find their longitude at sea?"


async def add_samples(creator, project):
    """The demo's reference sources; gives their ids by file name."""
    ids = {}
    for path in sorted((SAMPLES / "reference").iterdir()):
        accepted = (await add_file(creator, project, path.name, path.read_bytes())).json()
        assert (await finished(creator, accepted["job"]))["status"] == "succeeded"
        ids[path.stem] = accepted["source"]["id"]
    return ids


async def ask(creator, project, question=QUESTION, **more):
    """A brief, once it is made."""
    sent = await creator.post(f"/projects/{project}/research", json={"question": question, **more})
    assert sent.status_code == 202, sent.text
    job = await finished(creator, sent.json())
    assert job["status"] == "succeeded", job["error"]
    assert job["result"]["type"] == "research"
    return (await creator.get(f"/research/{job['result']['id']}")).json()


async def texts_of(creator, ids):
    return {one: (await creator.get(f"/sources/{one}/text")).json()["text"] for one in ids}


def citations_of(brief):
    return [one for claim in brief["claims"] for one in claim["citations"]]


def assert_every_quote_stands(brief, texts):
    for one in citations_of(brief):
        span = one["span"]
        assert texts[one["source_id"]][span["start"] : span["end"]] == one["quote"]
