"""Faults by rule: the first rule that matches a request says what becomes of it."""

import random
import time
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from tests.provider.request import CHAT, EMBEDDINGS, RESPONSES, TRANSCRIPTIONS, Request
from tests.provider.styles import Style


class Action(Struct, forbid_unknown_fields=True, omit_defaults=True, tag_field="do", tag=str.lower):
    """What is done in place of the good answer."""

    def concerns(self, request: Request) -> bool:
        """Whether it can be done to this request; a rule passes over what it can't be done to."""
        return True


class TextAction(Action):
    """Changes what a model writes, so only requests for text are concerned."""

    def concerns(self, request: Request) -> bool:
        return request.asks_for_text


class Status(Action):
    """An error in the provider's own shape; type, code and message are the provider's usual ones unless given."""

    status: int
    headers: dict[str, str] = {}
    type: str | None = None
    code: str | None = None
    message: str | None = None


class Hang(Action):
    """Nothing for so long, then the good answer."""

    seconds: float


class Reset(Action):
    """The connection is reset, after this share of the good answer's bytes."""

    after: float = 0.0


class Drip(Action):
    """The good answer in small pieces over so many seconds."""

    seconds: float


class Garbage(Action):
    """200 with a body that is no JSON."""

    content_type: str = "text/html; charset=utf-8"


class Text(TextAction):
    """The model says exactly this."""

    text: str


class Invalid(TextAction):
    """The model says JSON that ends too early, and ends as if all were well."""


class Refuse(TextAction):
    """The model declines, in the provider's own shape."""

    message: str = "I'm sorry, but I can't help with that."


class Truncate(TextAction):
    """The longest answer allowed is reached in the middle of the text."""


class Speak(TextAction, tag="style"):
    """The model answers in this style."""

    style: Style


class TooLong(Action, tag="too_long"):
    """The provider's 400 for a prompt that is longer than the model takes."""

    def concerns(self, request: Request) -> bool:
        return request.asks_for_text or request.path == EMBEDDINGS


class Silence(Action):
    """Nobody is heard in the recording: a transcript without segments, paid for all the same."""

    def concerns(self, request: Request) -> bool:
        return request.path == TRANSCRIPTIONS


class Unsupported(Action):
    """What a compatible server lacks: a route, or a form of answer."""

    what: Literal["responses", "json_schema", "json_object"]

    def concerns(self, request: Request) -> bool:
        if self.what == "responses":
            return request.path == RESPONSES
        return request.path in {RESPONSES, CHAT} and request.format.get("type") == self.what


AnyAction = (
    Status | Hang | Reset | Drip | Garbage | Text | Invalid | Refuse | Truncate | Speak | TooLong | Silence | Unsupported
)  # fmt: skip
Reply = tuple[int, dict[str, str], bytes]
Answer = Callable[[dict[str, Any]], Any]
"""In a test's own process: gets the request's body and gives a reply or an action, or something to await for one."""
Given = Reply | Action | Awaitable[Reply | Action]


class Rule(Struct, forbid_unknown_fields=True):
    action: AnyAction
    path: str | None = None
    contains: str | None = None
    """A part of the raw body, or of the Idempotency-Key."""
    times: int | None = 1
    """How often it acts; None: always."""
    share: float = 1.0
    """Of the requests that match, drawn from *seed*; the rest pass on to the next rule."""
    seed: int = 0
    skip: int = 0
    """So many matching requests pass on first."""
    until: float | None = None
    """Seconds after it was added when it ends."""
    added: float = field(default_factory=time.monotonic)
    drawn: int = 0

    @property
    def over(self) -> bool:
        late = self.until is not None and time.monotonic() - self.added > self.until
        return late or self.times == 0

    def takes(self, request: Request) -> bool:
        """Whether it acts on this request; counts it if it matches."""
        if self.over or not self._matches(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.drawn += 1
        if self.share < 1 and random.Random(f"{self.seed}:{self.drawn}").random() >= self.share:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _matches(self, request: Request) -> bool:
        if self.path not in {None, request.path} or not self.action.concerns(request):
            return False
        return (
            self.contains is None
            or self.contains.encode() in request.raw
            or self.contains in (request.idempotency_key or "")
        )


Item = Rule | Answer | dict[str, Any]


def read_rules(rules: Any) -> list[Rule]:
    """Rules as they come over HTTP. Raises `msgspec.ValidationError` with what is wrong."""
    private = {"added", "drawn"}
    for rule in rules if isinstance(rules, list) else []:
        if isinstance(rule, dict) and private & rule.keys():
            raise msgspec.ValidationError(f"A rule can't say {' or '.join(sorted(private))}.")
    return msgspec.convert(rules, list[Rule])


def take(script: list[Item], request: Request) -> Action | Answer | None:
    """What the script says about this request. A callable acts on whatever comes, once; what is over is taken out."""
    for place, item in enumerate(script):
        if isinstance(item, dict):
            script[place] = read_rules([item])[0]
    script[:] = [item for item in script if not (isinstance(item, Rule) and item.over)]
    for item in script:
        if not isinstance(item, Rule):
            script.remove(item)
            return item
        if item.takes(request):
            return item.action
    return None


def as_logged(chosen: Action | Answer | None) -> Any:
    """The action as the log names it."""
    if chosen is None:
        return None
    return msgspec.to_builtins(chosen) if isinstance(chosen, Action) else {"do": "callable"}
