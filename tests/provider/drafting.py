"""A model that writes scripts, and the jobs that ask it."""

import re
from uuid import UUID

from app.db.models import Project
from app.features.scripts import tasks
from app.features.scripts.revision import Order
from app.features.scripts.schemas import ScriptCreate
from app.features.scripts.service import ScriptService
from tests.conftest import finished
from tests.features.scripts.writing import citations
from tests.provider.engines import engine_worker, enqueue, task
from tests.provider.request import SEALED
from tests.provider.server import written

ENGINES = ["anthropic", "compatible", "openai"]
WRITING = task("drafts.write_script", tasks.write_script, 10)
REVISING = task("drafts.revise_script", tasks.revise_script, 3)
FILLERS = ["What would you have done out there?", "Take a moment with that, and then come along.", "Isn't that strange?", "Stay with me, friend."]  # fmt: skip
NO_NOTES = '{"notes": []}'


def flat(body):
    if isinstance(body, dict):
        return "\n".join(flat(one) for one in body.values())
    return "\n".join(flat(one) for one in body) if isinstance(body, list) else str(body)


def material(body):
    """The sealed sources of a prompt by their labels, and how many words are asked for."""
    said = flat(body)
    wanted = re.search(r"Write (\d+) words", said)
    return {label: words for label, _, words in SEALED.findall(said)}, int(wanted[1]) if wanted else 0


def section_of(cited, count):
    """A section that says each claim with its mark, and questions up to the length."""
    said = " ".join(f"{words} [{label}]" for label, words in cited)
    number = 0
    while len(said.split()) < count - 4:
        said += f" {FILLERS[number % len(FILLERS)]}"
        number += 1
    return f"{said}\n\nVISUALS: A ship at sea.\nON SCREEN: 1761"


def good(body):
    sources, count = material(body)
    claims = [(label, words.split("\nQuote:")[0]) for label, words in sources.items() if re.fullmatch(r"C\d+", label)]
    return written(section_of(claims, count))(body)


def worker_for(settings, name, server, **change):
    return engine_worker(settings, name, server.url, {one.name: one for one in (WRITING, REVISING)}, **change)


async def started(creator, shelf, resources, **body):
    """A script's row, as the route makes it, and the job that this test's worker takes."""
    wanted = ScriptCreate(structure_id=shelf.structure, target_minutes=3, **body)
    async with resources.db.transaction() as session:
        project = await session.get_one(Project, UUID(shelf.project))
        script = (await ScriptService(session).start(project, wanted)).id
    return script, await enqueue(resources, creator, WRITING, shelf.project, script_id=script)


async def wrote(creator, shelf, resources, **body):
    script, job = await started(creator, shelf, resources, **body)
    ended = await finished(creator, job)
    assert ended["status"] == "succeeded", ended
    return (await creator.get(f"/scripts/{script}")).json(), ended


def check(version, texts):
    """What must hold of every version, whatever a model said."""
    for section, one in citations(version):
        span, source = one["narration_span"], one["source_span"]
        assert 0 <= span["start"] < span["end"] <= len(section["narration"])
        assert one["quote"] is None or texts[one["source_id"]][source["start"] : source["end"]] == one["quote"]
    assert not any(re.search(r"\[C\d+", section["narration"]) for section in version["sections"])


async def revised(creator, shelf, resources, script, target, base=1):
    order = Order(UUID(script["id"]), base, "Make it friendlier.", "other", False, target)
    job = await enqueue(resources, creator, REVISING, shelf.project, order=order)
    return await finished(creator, job), (await creator.get(f"/scripts/{script['id']}")).json()
