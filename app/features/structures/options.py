"""Outline options: each framework that was chosen, filled with the project's material."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from app.features.structures.choosing import Fit, choose, fit
from app.features.structures.drafting import Checked, OutlineDraft, Refused, check
from app.features.structures.frameworks import Blueprint, blueprints
from app.features.structures.material import Material
from app.features.structures.openers import Opener, openers
from app.features.structures.placing import sections
from app.features.structures.reasons import reasons
from app.features.structures.schemas import PlannedSection, Reason

OFFLINE = "offline"


class Option(Struct):
    """One outline as it is stored. `fit` says how it was chosen."""

    framework: str
    title: str
    engine: str
    reasons: list[Reason]
    hooks: list[Opener]
    sections: list[PlannedSection]
    refused: list[Refused]
    fit: Fit


def chosen_frameworks(material: Material, asked_for: str | None) -> list[str]:
    """The ids of those that fit best, the one that was asked for first."""
    return [one.id for one in choose(list(blueprints().values()), material, asked_for)]


def outline(
    frameworks: Sequence[str],
    material: Material,
    asked_for: str | None,
    drafts: Sequence[OutlineDraft] = (),
    claims: Sequence[UUID] = (),
    engine: str = OFFLINE,
) -> list[Option]:
    """An option for each framework: what holds of the model's draft, filled up with what code makes of the material. An
    option of which nothing of the model's is left says so by its engine."""
    strays = _strays(frameworks, drafts)
    options: list[Option] = []
    earlier: list[Opener] = []
    for framework in frameworks:
        blueprint = blueprints()[framework]
        draft = next((one for one in drafts if one.framework.strip() == framework), None)
        held = check(draft, blueprint, material, claims) if draft else None
        option = _option(blueprint, material, asked_for, held, earlier, engine)
        if not options:
            option.refused += strays
        earlier += option.hooks
        options.append(option)
    return options


def _option(
    blueprint: Blueprint, material: Material, asked_for: str | None, held: Checked | None, earlier: Sequence[Opener], engine: str
) -> Option:  # fmt: skip
    fits = fit(blueprint, material)
    planned = (held.sections if held else None) or sections(blueprint, material)
    written = held is not None and bool(held.title or held.reasons or held.hooks or held.sections)
    measured = reasons(blueprint, fits, material, planned, asked_for)
    return Option(
        framework=blueprint.id,
        title=(held.title if held else None) or material.title[:300],
        engine=engine if written else OFFLINE,
        reasons=[*(held.reasons if held else []), *measured],
        hooks=openers(blueprint, material, held.hooks if held else [], earlier),
        sections=planned,
        refused=held.refused if held else [],
        fit=fits,
    )


def _strays(frameworks: Sequence[str], drafts: Sequence[OutlineDraft]) -> list[Refused]:
    """Outlines that nobody asked for, and second ones of the same framework."""
    seen: set[str] = set()
    found = []
    for draft in drafts:
        name = draft.framework.strip()
        if name not in frameworks or name in seen:
            found.append(Refused(draft.framework[:200], "this outline was not asked for"))
        seen.add(name)
    return found
