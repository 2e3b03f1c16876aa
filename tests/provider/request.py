"""A request as it arrived, and what an answer is made from: our words, the sources, the schema."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

RESPONSES, CHAT, MESSAGES = "/v1/responses", "/v1/chat/completions", "/v1/messages"
COUNT_TOKENS, MODELS = "/v1/messages/count_tokens", "/v1/models"
EMBEDDINGS, MODERATIONS, TRANSCRIPTIONS = "/v1/embeddings", "/v1/moderations", "/v1/audio/transcriptions"
REQUIRED = {
    RESPONSES: ("model", "input"),
    CHAT: ("model", "messages"),
    MESSAGES: ("model", "messages", "max_tokens"),
    COUNT_TOKENS: ("model", "messages"),
    EMBEDDINGS: ("model", "input"),
    MODERATIONS: ("input",),
    TRANSCRIPTIONS: ("model", "file"),
    MODELS: (),
}
"""Each route with the fields that it can't do without."""
SYSTEM_ROLES = {"system", "developer"}

SEALED = re.compile(r'<source label="([^"]*)" seal="([^"]*)">\n(.*?)\n</source seal="\2">', re.DOTALL)
MATERIAL = re.compile(r"<material>\n(.*)\n</material>", re.DOTALL)
LABELLED = re.compile(r"\[(S\d+)\]\n(.*?)(?=\n\n\[S\d+\]|\Z)", re.DOTALL)


class Unreadable(Exception):
    """The body is not what the route takes."""


@dataclass(frozen=True)
class Source:
    label: str
    text: str


@dataclass(frozen=True)
class Piece:
    """A run of prompt text. `cached`: the cache is asked to hold everything up to its end."""

    role: str
    text: str
    cached: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    body: dict[str, Any]
    upload: bytes = b""
    number: int = 0
    """The server's count of requests."""

    @property
    def of_anthropic(self) -> bool:
        return self.path.startswith(MESSAGES) or "anthropic-version" in self.headers

    @property
    def asks_for_text(self) -> bool:
        return self.path in {RESPONSES, CHAT, MESSAGES}

    @property
    def streams(self) -> bool:
        return self.body.get("stream") is True

    @property
    def model(self) -> str:
        return str(self.body.get("model") or "")

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("idempotency-key")

    @cached_property
    def identity(self) -> str:
        """What makes the ids of its answer: no other request of this server has it, and a repeated run has it again."""
        return hashlib.sha256(f"{self.number}:{self.sha256}".encode()).hexdigest()[:32]

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def key_hash(self) -> str | None:
        """The beginning of the hash of the key that was shown, the same for each way of showing it."""
        shown = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key", "")
        return hashlib.sha256(shown.encode()).hexdigest()[:12] if shown else None

    @cached_property
    def pieces(self) -> list[Piece]:
        """All prompt text in the order in which a model reads it: what the tokens are counted of."""
        body = self.body
        found = [*_pieces("system", body.get("instructions")), *_pieces("system", body.get("system"))]
        items = body.get("messages") or body.get("input") or []
        if self.path in {EMBEDDINGS, MODERATIONS}:
            found += _pieces("user", items)
        elif isinstance(items, str):
            found.append(Piece("user", items))
        else:
            found += [piece for item in items for piece in _pieces(item.get("role", "user"), item.get("content"))]
        if body.get("cache_control") and found:
            found[-1] = Piece(found[-1].role, found[-1].text, cached=True)
        return found

    @property
    def instructions(self) -> str:
        """Our own words, outside of what the user's part holds."""
        return "\n\n".join(piece.text for piece in self.pieces if piece.role in SYSTEM_ROLES)

    @property
    def prompt(self) -> str:
        return "\n\n".join(piece.text for piece in self.pieces if piece.role not in SYSTEM_ROLES)

    @cached_property
    def sources(self) -> list[Source]:
        """The sealed blocks. The first tag is never a source's own, so its seal is the true one; what stands inside a
        block, tags included, is its text."""
        if sealed := list(SEALED.finditer(self.prompt)):
            true_seal = sealed[0].group(2)
            return [Source(block.group(1), block.group(3)) for block in sealed if block.group(2) == true_seal]
        if older := MATERIAL.search(self.prompt):
            return [Source(label, text) for label, text in LABELLED.findall(older.group(1))]
        return []

    @property
    def format(self) -> dict[str, Any]:
        """What the request says of the answer's form."""
        if self.path == RESPONSES:
            return (self.body.get("text") or {}).get("format") or {}
        if self.path == CHAT:
            return self.body.get("response_format") or {}
        return (self.body.get("output_config") or {}).get("format") or {}

    @cached_property
    def schema(self) -> dict[str, Any] | None:
        """The JSON schema of the answer: of the format, else what stands in our words after `JSON schema:`."""
        given = self.format.get("json_schema", self.format).get("schema")
        if given is not None:
            return given
        for text in (self.instructions, SEALED.sub("", self.prompt)):
            _, marked, rest = text.rpartition("JSON schema:")
            if marked:
                try:
                    return json.JSONDecoder().raw_decode(rest.lstrip())[0]
                except json.JSONDecodeError:
                    continue
        return None

    @property
    def schema_name(self) -> str | None:
        named = self.format.get("json_schema", self.format).get("name")
        return named or (self.schema or {}).get("title")


def read_request(method: str, path: str, headers: dict[str, str], raw: bytes, number: int) -> Request:
    """The request with its body parsed. Raises `Unreadable`."""
    kind = headers.get("content-type", "")
    try:
        if method == "GET":
            return Request(method, path, headers, raw, {}, number=number)
        if kind.startswith("multipart/form-data"):
            return Request(method, path, headers, raw, *_multipart(raw, kind), number)
        body = json.loads(raw)
        if not isinstance(body, dict):
            raise TypeError("not a JSON object")
        return Request(method, path, headers, raw, body, number=number)
    except (ValueError, TypeError) as error:
        raise Unreadable(f"We could not parse the body of your request: {error}.") from None


def _pieces(role: str, content: Any) -> Iterator[Piece]:
    """Text in whatever shape it comes: a string, token numbers, blocks, blocks within blocks."""
    if isinstance(content, str):
        yield Piece(role, content)
    elif isinstance(content, dict):
        inner = content.get("text") if "text" in content else content.get("content")
        found = list(_pieces(role, inner))
        if content.get("cache_control") and found:
            found[-1] = Piece(role, found[-1].text, cached=True)
        yield from found
    elif isinstance(content, list):
        if all(isinstance(token, int) for token in content):
            yield Piece(role, "~~~~" * len(content))
        else:
            for block in content:
                yield from _pieces(role, block)


def _multipart(raw: bytes, kind: str) -> tuple[dict[str, Any], bytes]:
    """The form's fields, with a description in place of the file, and the file's bytes."""
    named = re.search(r'boundary="?([^";]+)', kind)
    if named is None:
        raise ValueError("the multipart form has no boundary")
    fields: dict[str, Any] = {}
    upload = b""
    for part in (b"\r\n" + raw).split(b"\r\n--" + named.group(1).encode())[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        said = dict(re.findall(r'; (\w+)="([^"]*)"', head.decode()))
        if "filename" in said:
            upload = data
            hashed = hashlib.sha256(data).hexdigest()
            fields[said["name"]] = {"name": said["filename"], "bytes": len(data), "sha256": hashed}
        elif said.get("name", "").endswith("[]"):
            fields.setdefault(said["name"][:-2], []).append(data.decode())
        elif "name" in said:
            fields[said["name"]] = data.decode()
    return fields, upload
