"""What checking a script takes."""

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Project
from app.features.safety import claims_judging, model_reading
from app.features.safety.brands import BrandService
from app.features.safety.fields import fields_of
from app.features.safety.passages import claims_of
from app.features.safety.service import SafetyService, sections_of
from app.shared.clients.llm import LLM, render
from app.shared.clients.prices import estimate_tokens
from app.shared.estimates import Work
from app.shared.exceptions import NotFound
from app.shared.http import decode

PASSAGE_TOKENS = 60
"""Of a passage under its label."""
ANSWER_TOKENS = 160
"""Of a finding or a judgement."""


class CheckEstimate(Struct, forbid_unknown_fields=True):
    """The check's own body, and the script that its address names."""

    script_id: UUID
    version: Annotated[int, Meta(ge=1)] | None = None
    policy_packs: list[str] | None = None


async def estimate_check(session: AsyncSession, llm: LLM, project: Project, body: dict[str, Any]) -> list[Work]:
    """One reading by the clauses, and a judgement for each dozen of claims; each answer repaired at most once."""
    wanted = decode(body, CheckEstimate)
    service = SafetyService(session)
    script = await service.script(project.owner_id, wanted.script_id)
    if script.project_id != project.id:
        raise NotFound("There is no such script in this project.")
    version = await service.version(script, wanted.version)
    packs = await BrandService(session).chosen(project.owner_id, wanted.policy_packs)
    fields = fields_of(script.title, sections_of(version))
    claims = claims_of(fields)
    seconds = (0.5, 3.0 + 0.2 * len(claims))
    if not llm.writes:
        return [Work("generate", (0, 0), (0, 0), seconds)]
    reading = render(model_reading.ask_for_reading(fields, packs, [])).tokens
    batches = -(-len(claims) // claims_judging.CLAIMS_A_CALL)
    prompt = estimate_tokens(claims_judging.PROMPT.read_text(encoding="utf-8")) * batches
    judging = prompt + len(claims) * PASSAGE_TOKENS
    most = prompt + len(claims) * PASSAGE_TOKENS * (1 + claims_judging.PASSAGES_A_CLAIM)
    return [
        Work("generate", (reading, 2 * reading), (20, ANSWER_TOKENS * 20), seconds),
        Work("generate", (judging, 2 * most), (0, ANSWER_TOKENS * len(claims)), (0.0, 3.0 * batches)),
    ]


ESTIMATES = {"safety.check_script": estimate_check, "safety_check": estimate_check}
