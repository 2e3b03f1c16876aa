"""What a request costs, and what of it the provider still remembers."""

import hashlib
from dataclasses import dataclass, field

from tests.provider.request import SYSTEM_ROLES, Request

OPENAI_CACHES_FROM_TOKENS = 1024
OPENAI_PREFIX_CHARACTERS = 4096


@dataclass(frozen=True)
class Usage:
    """Tokens as the provider says them: with Anthropic the input is counted without what came from or went to the
    cache, with OpenAI all of it is."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    seconds: float | None = None


def tokens_of(*texts: str) -> int:
    """A token is four characters, begun ones included."""
    return -(-sum(map(len, texts)) // 4)


@dataclass
class PromptCache:
    """Hashes of the beginnings of prompts that were answered."""

    known: set[str] = field(default_factory=set)

    def charge(self, request: Request, answer: str) -> Usage:
        """The usage of answering this; what can be cached of it is known from now on."""
        total = tokens_of(*(piece.text for piece in request.pieces))
        if request.of_anthropic:
            read, write = self._breakpoints(request, total)
            return Usage(total - read - write, tokens_of(answer), read, write)
        return Usage(total, tokens_of(answer), self._prefix(request, total))

    def _breakpoints(self, request: Request, total: int) -> tuple[int, int]:
        """Tokens read and written: read up to the last known mark, written from there to the last mark."""
        read = marked = 0
        prefix = ""
        for piece in request.pieces:
            prefix += f"{piece.text}\0"
            if piece.cached:
                marked = min(total, tokens_of(prefix.replace("\0", "")))
                if self._knew(request.model, prefix):
                    read = marked
        return read, marked - read

    def _prefix(self, request: Request, total: int) -> int:
        """OpenAI caches by itself: the instructions and the beginning of a long input."""
        if total <= OPENAI_CACHES_FROM_TOKENS:
            return 0
        said = "".join(piece.text for piece in request.pieces if piece.role in SYSTEM_ROLES)
        given = "".join(piece.text for piece in request.pieces if piece.role not in SYSTEM_ROLES)
        prefix = said + given[:OPENAI_PREFIX_CHARACTERS]
        return min(total, tokens_of(prefix)) if self._knew(request.model, prefix) else 0

    def _knew(self, model: str, prefix: str) -> bool:
        hashed = hashlib.sha256(f"{model}\0{prefix}".encode()).hexdigest()
        known = hashed in self.known
        self.known.add(hashed)
        return known
