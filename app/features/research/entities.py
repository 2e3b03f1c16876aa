"""Whom and what the claims speak of, and how they belong together: names by their capitals, relations by the verb between."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from uuid import UUID

from app.db.models import ClaimStatus
from app.features.research.schemas import ClaimRead, Entity, Relation
from app.features.research.wordlists import MONTHS, listed

MOST_ENTITIES = 30
MOST_RELATIONS = 6
LONGEST_RELATION = 5
"""Words between two names that can be a relation."""

_PART = r"(?:[A-Z][\w’'\-]*[\w]|[A-Z]\d+|[A-Z]{2,}\d*)"
_NAME = re.compile(rf"\b{_PART}(?:\s+(?:(?:of|the|de|van|von|la|le|du|der)\s+){{0,2}}{_PART})*")
_OPENERS = listed(
    "The A An In On At By For From To Of It He She They This That These Those When While After Before As If But And Or Nor "
    "So Yet Its His Her Their There Here What Who Why How Where Which One Two Three Four Five Six Seven Eight Nine Ten Both "
    "Each Every Some Many Most Several Another Other No Not Near Half Later Earlier Early Today Now Then Thus Because Since "
    "Until Without With Within During Under Over Between Against About Although Though However Careful Only Even Add Most "
    "First Second Third Last Next British English French German American European Roman Greek Dutch Spanish Suppose Clearing"
)
_ORGANISATION = re.compile(
    r"\b(?:Board|Parliament|Navy|Museum|Society|Observatory|University|College|Company|Institute|Council|Committee|Commission|Ministry|Department|Church|Army|Union|League|Office|Academy|Association|Agency|Corporation|Party|Court|Bank|Fleet)\b"
)
_PLACE = re.compile(
    r"\b(?:Isle|Isles|Island|Islands|Sea|Ocean|River|Lake|Mount|Mountains|Bay|Cape|Strait|Port|City|Coast|Indies|Street|North|South|East|West|Valley|Desert)\b"
)
_EVENT = re.compile(
    r"\b(?:Act|War|Revolution|Treaty|Battle|Conference|Congress|Expedition|Crisis|Games|Olympics|Bowl|Cup)\b"
)
_WORK = re.compile(
    r"\b(?:Almanac|Guide|Book|Atlas|Journal|Bible|Encyclopaedia|Catalogue|Times)\b|^[A-Z]+\d+$|^HMS |^USS |^RMS "
)
_TITLED = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Sir|Lady|Lord|King|Queen|Prince|Princess|Captain|President|Pope|Saint|Professor|Admiral|General|Emperor)\b"
)
_PERSONAL = r"(?:was born|died|wrote|invented|discovered|argued|published|proved|painted|said|found|began|took|married|described|suggested|tried|developed|built|designed|became|showed|observed|thought|believed|finished|set out|sailed|made|corrected|trained|worked|lived|studied|taught|served|won|gave|led|met)"
_PLACED = r"(?:in|at|to|from|near|reached|left|toward|towards|via|off)\s+(?:the\s+)?"
_VERB = re.compile(
    r"\b(?:[a-z]{2,}(?:ed|es)|was|is|were|are|took|made|won|wrote|built|gave|led|became|found|held|sold|began|left|met|sent|said|saw)\b"
)


def entities_of(claims: Sequence[ClaimRead]) -> list[Entity]:
    """Those that surviving claims speak of, the most often named first; a last name goes with the full name that ends so."""
    spoken: dict[str, list[UUID]] = defaultdict(list)
    places: dict[UUID, list[tuple[int, int, str]]] = {}
    alive = [claim for claim in claims if claim.status is not ClaimStatus.NOT_FOUND]
    for claim in alive:
        places[claim.id] = list(_names(claim.text))
    full = _full_names({name for found in places.values() for _, _, name in found})
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for claim in alive:
        for start, end, name in places[claim.id]:
            known = full.get(name, name)
            if claim.id not in spoken[known]:
                spoken[known].append(claim.id)
            kinds[known][_kind(name, claim.text, start, end)] += 1
    names = sorted(spoken, key=lambda name: (-len(spoken[name]), name))[:MOST_ENTITIES]
    related = {name: _relations(name, alive, places, full) for name in names}
    return [Entity(name, _main(kinds[name], name), spoken[name], related[name]) for name in names]


def _names(text: str) -> list[tuple[int, int, str]]:
    found = []
    for match in _NAME.finditer(text):
        start, name = match.start(), match.group()
        while name and (first := name.split(maxsplit=1)[0]) in _OPENERS:
            rest = name[len(first) :]
            start += len(first) + len(rest) - len(rest.lstrip())
            name = rest.strip()
        name = re.sub(r"['’]s$", "", re.sub(r"(?:\s+(?:of|the|de|van|von|la|le|du|der))+$", "", name))
        opens = start == 0 or text[:start].rstrip()[-1:] in '.!?:“"'
        alone = " " not in name and not any(map(str.isdigit, name))
        if len(name) < 2 or name.lower() in MONTHS or (opens and alone and not _acts(name, text, start)):
            continue
        found.append((start, start + len(name), name))
    return found


def _acts(name: str, text: str, start: int) -> bool:
    """Whether what begins a sentence with its capital does something, or stands with one elsewhere in it."""
    after = text[start + len(name) :]
    return bool(re.match(rf"(?:['’]s)?\s+(?:{_PERSONAL}|had|has)\b", after)) or bool(
        re.search(rf"\s{re.escape(name)}\b", after)
    )


def _full_names(names: set[str]) -> dict[str, str]:
    """For a last name the one full name that ends with it, if there is only one."""
    known: dict[str, str] = {}
    for name in names:
        if " " not in name:
            longer = sorted({other for other in names if other.endswith(f" {name}")}, key=len)
            if len({other.split()[0] for other in longer}) == 1:
                known[name] = longer[0]
    return known


def _kind(name: str, text: str, start: int, end: int) -> str:
    for kind, signs in (
        ("person", _TITLED),
        ("work", _WORK),
        ("organisation", _ORGANISATION),
        ("event", _EVENT),
        ("place", _PLACE),
    ):
        if signs.search(name):
            return kind
    if re.match(rf"(?:['’]s)?\s+{_PERSONAL}\b", text[end:]):
        return "person"
    if re.search(rf"\b{_PLACED}$", text[:start]):
        return "place"
    return "name"


def _main(kinds: Counter[str], name: str) -> str:
    """The kind that is told most often; two or three words that nothing else tells are a person's as a rule."""
    told = Counter({kind: count for kind, count in kinds.items() if kind != "name"})
    if told:
        return told.most_common(1)[0][0]
    return "person" if 2 <= len(name.split()) <= 3 and "of" not in name.split() else "thing"


def _relations(
    name: str, claims: Sequence[ClaimRead], places: dict[UUID, list[tuple[int, int, str]]], full: dict[str, str]
) -> list[Relation]:
    found: list[Relation] = []
    for claim in claims:
        ordered = places[claim.id]
        for (_, end, one), (start, _, other) in pairwise(ordered):
            between = claim.text[end:start].strip()
            said = full.get(one, one)
            if said != name or full.get(other, other) == name or re.search(r"[.;:!?,]", between):
                continue
            if 1 <= len(between.split()) <= LONGEST_RELATION and _VERB.search(between):
                found.append(Relation(between, full.get(other, other), claim.id))
    return found[:MOST_RELATIONS]
