from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SourceRole
from app.features.search import statements
from app.features.search.ranking import CANDIDATES, Ranked, SearchQuery, read_highlights, unmarked, words_beginning
from app.features.search.schemas import Hit, Why
from app.shared.evidence import Span

INDEX_SHARE = 100
"""A scope of less than one in so many of all chunks is searched exactly: the index would walk through everybody else's and
give up before it has enough."""


class Scope(Struct, frozen=True):
    """What a search looks through: by text search configuration how many chunks, the mean of their indexed words, and how
    many chunks the filters leave."""

    configs: dict[str, int]
    mean_length: float
    wanted: int

    @property
    def chunks(self) -> int:
        return sum(self.configs.values())


class SearchService:
    """The two legs of search in one project of one owner, and what they found in full."""

    def __init__(
        self,
        session: AsyncSession,
        owner_id: UUID,
        project_id: UUID,
        query: SearchQuery,
        role: SourceRole | None,
        source_id: UUID | None,
        speaker: str | None,
        *,
        exact_chunks: int,
    ) -> None:
        self.session = session
        self.query = query
        self.exact_chunks = exact_chunks
        self._given: dict[str, Any] = {
            "owner": owner_id,
            "project": project_id,
            "role": role.value if role else None,
            "source": source_id,
            "speaker": speaker,
            "phrases": query.phrases,
            "excluded": query.excluded,
            "limit": CANDIDATES,
        }

    async def scope(self) -> Scope:
        """Of this owner's project; empty when it is another's."""
        rows = (
            await self.session.execute(text(statements.SCOPE), self._named("owner", "project", "role", "source"))
        ).all()
        configs = {row.config: row.chunks for row in rows if row.chunks}
        words = sum(row.words for row in rows)
        return Scope(configs, max(1.0, words / max(1, sum(configs.values()))), sum(row.wanted for row in rows))

    async def lexemes(self, scope: Scope) -> list[str]:
        """The query's words as the chunks' languages index them. The stop words of the language it is asked in are left out
        for all chunks: rare in chunks of another language, they would outweigh what is asked for."""
        given = {"configs": list(scope.configs), "chunks": list(scope.configs.values()), "words": self.query.text}
        return list(await self.session.scalars(text(statements.LEXEMES), given))

    async def by_keyword(self, scope: Scope, lexemes: Sequence[str], limit: int) -> list[UUID]:
        """BM25 over the postings of the project, best first."""
        if not lexemes or not scope.wanted:
            return []
        given = {"lexemes": list(lexemes), "chunks": scope.chunks, "mean_length": scope.mean_length, "limit": limit}
        await self.session.execute(text(statements.settings(statements.PLANNED_ANEW)))
        return list(await self.session.scalars(text(statements.keyword_leg(self._given)), self._given | given))

    async def embedding_models(self) -> list[str]:
        """What made the vectors of this project: more than one model while it is being embedded anew."""
        return list(await self.session.scalars(text(statements.MODELS), self._named("project")))

    async def by_vector(self, scope: Scope, vector: np.ndarray, model: str, farthest: float, limit: int) -> list[UUID]:
        """Cosine order among the chunks that the same model embedded, nearer than *farthest*: exact in a small scope, by
        the index in a large one."""
        if not np.any(vector) or not scope.wanted:
            return []
        by_index = await self._by_index(scope)
        if by_index:
            await self.session.execute(text(statements.settings(statements.INDEX_SETTINGS)))
        raw = await (await self.session.connection()).get_raw_connection()
        statement, given = _numbered(
            statements.vector_leg(self._given, by_index=by_index),
            self._given | {"model": model, "vector": vector, "farthest": farthest, "limit": limit},
        )
        return [row[0] for row in await raw.driver_connection.fetch(statement, *given)]  # type: ignore[union-attr]

    async def _by_index(self, scope: Scope) -> bool:
        if scope.wanted <= self.exact_chunks:
            return False
        everybodys: int = await self.session.scalar(text(statements.ALL_CHUNKS)) or 0
        return scope.wanted * INDEX_SHARE >= everybodys

    def _named(self, *names: str) -> dict[str, Any]:
        return {name: self._given[name] for name in names}

    async def hits(self, ranked: Sequence[Ranked], lexemes: Sequence[str]) -> list[Hit]:
        """The hits in the order given, with their words marked."""
        any_word = " | ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in lexemes)
        rows = await self.session.execute(
            text(statements.HITS), {"ids": [one.chunk_id for one in ranked], "any_word": any_word}
        )
        found = {row.id: row for row in rows}
        return [_hit(found[one.chunk_id], one, lexemes) for one in ranked if one.chunk_id in found]


def _hit(row: Any, ranked: Ranked, lexemes: Sequence[str]) -> Hit:
    highlights, terms = read_highlights(row.marked)
    if unmarked(row.marked) != row.text:  # ts_headline leaves words of over 2 kB out, which shifts all that follow
        highlights = words_beginning(row.text, lexemes)
        terms = list(dict.fromkeys(span.of(row.text).lower() for span in highlights))
    return Hit(
        chunk_id=row.id,
        source_id=row.source_id,
        source_title=row.title,
        role=SourceRole(row.role),
        text=row.text,
        span=Span(row.span_start, row.span_end),
        highlights=highlights,
        page=row.page,
        start_seconds=row.start_seconds,
        speaker=row.speaker,
        score=ranked.score,
        why=Why(legs=sorted(ranked.ranks), matched_terms=terms, ranks=ranked.ranks),
    )


def _numbered(statement: str, given: dict[str, Any]) -> tuple[str, list[Any]]:
    """The statement with asyncpg's numbered parameters, for values that go in binary."""
    used = [name for name in given if f":{name}" in statement]
    for number, name in enumerate(sorted(used, key=len, reverse=True), 1):
        statement = statement.replace(f":{name}", f"${number}")
    return statement, [given[name] for name in sorted(used, key=len, reverse=True)]
