import asyncio
from base64 import b64decode, b64encode
from uuid import UUID

from app.features.dna import exemplars, fingerprint, match, phrases, signals, traits
from app.features.dna.corpus import Document, Gathered
from app.features.dna.grades import grade_of, next_grade
from app.features.dna.proof import split_half
from app.features.dna.schemas import Corpus, Measured, Plan
from app.features.dna.service import DnaService, require_enough
from app.features.dna.signals import SignalRead
from app.features.dna.structure import structure_of
from app.features.dna.traits import TraitDrafts, Written
from app.shared.clients.llm import generate_over
from app.shared.exceptions import Unprocessable
from app.shared.pipeline import PipelineRun, step
from app.shared.resources import Resources


async def build_profile(
    run: PipelineRun, project_id: UUID, source_ids: list[UUID], name: str | None, speaker: str | None
) -> UUID:
    """Plan, measure, train, write, save: the written half says nothing that a quote doesn't carry."""
    plan = await run.step(plan_profile, project_id, source_ids, speaker)
    measured = await run.step(measure_voice, plan)
    print_ = await run.step(train_fingerprint, plan)
    written = await run.step(write_traits, plan, measured.signals)
    return await run.step(save_profile, run.job.id, run.job.owner_id, project_id, name, plan, measured, written, print_)


async def plan_profile(resources: Resources, project_id: UUID, source_ids: list[UUID], speaker: str | None) -> Plan:
    """Which versions, in which language, by which speaker."""
    async with resources.db.transaction() as session:
        return await DnaService(session).plan(project_id, source_ids, speaker)


async def measure_voice(resources: Resources, plan: Plan) -> Measured:
    """Signals, catchphrases and exemplars: code only."""
    gathered = await gather_documents(resources, plan)
    return await asyncio.to_thread(measure, gathered, plan.language)


async def train_fingerprint(resources: Resources, plan: Plan) -> str:
    """The voice model, packed, in base64."""
    documents = await load_documents(resources, plan)
    own = [document.own_text for document in documents]
    try:
        print_ = await asyncio.to_thread(lambda: fingerprint.train(own, fingerprint.load_background()))
    except ValueError as error:
        raise Unprocessable(str(error), code="too_little_text") from None
    return b64encode(fingerprint.dump(print_)).decode()


@step(version=2)
async def write_traits(resources: Resources, plan: Plan, measured: list[SignalRead]) -> Written:
    """With a model: its traits, as far as their quotes stand. Without: the traits that the signals carry."""
    documents = await load_documents(resources, plan)
    if not resources.llm.writes:
        return await asyncio.to_thread(traits.describe, measured, documents)
    answers = await generate_over(resources.llm, traits.ask_for_traits(documents), returns=TraitDrafts)
    drafts = [draft for answer in answers for draft in answer.traits]
    return await asyncio.to_thread(traits.check, drafts, documents, resources.llm.engine)


async def save_profile(
    resources: Resources,
    job_id: UUID,
    owner_id: UUID,
    project_id: UUID,
    name: str | None,
    plan: Plan,
    measured: Measured,
    written: Written,
    print_: str,
) -> UUID:
    async with resources.db.transaction() as session:
        return await DnaService(session).save(
            job_id, owner_id, project_id, name, plan, measured, written, b64decode(print_)
        )


async def load_documents(resources: Resources, plan: Plan) -> list[Document]:
    """The creator's documents; too little of them ends the job with what is missing."""
    return (await gather_documents(resources, plan)).documents


async def gather_documents(resources: Resources, plan: Plan) -> Gathered:
    """The same with what was left out, and why."""
    async with resources.db.transaction() as session:
        gathered = await DnaService(session).gathered(plan)
    words = sum(len(document.words) for document in gathered.documents)
    require_enough(len(gathered.documents), words, gathered.left_out)
    return gathered


def measure(gathered: Gathered, language: str) -> Measured:
    """Everything about a voice that code can tell."""
    documents = gathered.documents
    word_count = sum(len(document.words) for document in documents)
    grade = grade_of(len(documents), word_count)
    assert grade is not None
    return Measured(
        corpus=Corpus(
            sources=len(documents),
            words=word_count,
            sentences=sum(len(document.sentences) for document in documents),
            minutes=round(sum(document.seconds for document in documents) / 60, 1),
            left_out=gathered.left_out,
            next_grade=next_grade(len(documents), word_count),
        ),
        grade=grade,
        signals=signals.measure_all(documents, language),
        catchphrases=phrases.catchphrases(documents, language),
        exemplars=exemplars.exemplars(documents),
        structure=structure_of(documents, language),
        split_half=split_half(documents, language),
        dimensions=match.spreads(documents, language),
    )
