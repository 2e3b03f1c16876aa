"""One protocol for every engine. A model writes; what it writes is checked by code, wherever it is used."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from app.shared.exceptions import AppError, BadAnswer, Unavailable, Unprocessable

T = TypeVar("T", bound=Struct)


class Prompt(Struct, frozen=True):
    """What is sent: our words as instructions, the creator's sources as marked material."""

    name: str
    """The prompt file and its version, kept in the manifest."""
    instructions: str
    material: str


class LLM(Protocol):
    engine: str
    """`offline`, or provider and model: what an artefact says it was made by."""
    writes: bool
    """Whether there is a model behind it. Where there is none, pipelines analyse instead of asking."""

    async def generate(self, prompt: Prompt, returns: type[T]) -> T: ...


class OfflineLLM:
    """No model. Pipelines take their measured path; asking it for prose is a mistake in our code."""

    engine = "offline"
    writes = False

    async def generate(self, prompt: Prompt, returns: type[T]) -> T:
        raise RuntimeError(f"The offline engine was asked to write {returns.__name__} for {prompt.name}.")


def json_schema(returns: type[Struct]) -> dict[str, Any]:
    """The struct as providers want it: one object, definitions inside, nothing optional, nothing additional."""
    (schema,), definitions = msgspec.json.schema_components([returns], ref_template="#/$defs/{name}")
    root = definitions.pop(returns.__name__, schema)
    for definition in (root, *definitions.values()):
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
            definition["required"] = list(definition.get("properties", {}))
    return {**root, "$defs": definitions} if definitions else root


def read_answer(answer: str, returns: type[T]) -> T:
    """The answer as the struct that was asked for, with or without a code fence around it."""
    body = answer.strip()
    if body.startswith("```"):
        body = body.split("\n", 1)[-1].rsplit("```", 1)[0]
    try:
        return msgspec.json.decode(body, type=returns)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise BadAnswer(f"The model's answer did not fit what was asked for: {error}") from None


def render(prompt: Prompt) -> str:
    """The material in a marked block that its own text can't close."""
    inside = prompt.material.replace("</material", "<\\/material")
    return f"<material>\n{inside}\n</material>"


async def ask_and_repair(prompt: Prompt, returns: type[T], ask: Callable[[str], Awaitable[str]]) -> T:
    """Ask; where the answer doesn't fit, show the error and ask once more."""
    asked = render(prompt)
    try:
        return read_answer(await ask(asked), returns)
    except BadAnswer as error:
        again = f"{asked}\n\nYour last answer was refused: {error}. Answer again, as JSON that fits the schema."
        return read_answer(await ask(again), returns)


def provider_error(status: int | None, message: str, retry_after: str = "") -> AppError:
    """A provider's failure as ours: worth waiting for, or for a person to act on. No status: it was not reached."""
    if status is None:
        return Unavailable(
            "The model's provider can't be reached; the job goes on by itself.", code="provider_unreachable"
        )
    if status in {408, 409, 429} or status >= 500:
        return Unavailable(
            f"The model's provider is busy ({status}); the job goes on by itself.",
            code="provider_busy",
            retry_after_seconds=float(retry_after) if retry_after.replace(".", "", 1).isdigit() else 5,
        )
    if status in {401, 403}:
        return Unprocessable("The provider refused our key; an operator must check it.", code="provider_key_refused")
    return Unprocessable(f"The provider refused the request: {message}"[:300], code="provider_refused")
