"""What can go wrong with a provider, classified once: each class says what a job does about it."""

from typing import ClassVar

from app.shared.exceptions import AppError, Unavailable, Unprocessable


class LaneClosed(Unavailable):
    """Nothing is sent to this provider for now. The job waits its turn; no attempt is used."""

    code = "provider_waiting"
    waits_for = "provider"
    whole_provider: ClassVar[bool] = False
    """Whether every model of the provider is concerned."""
    grows: ClassVar[bool] = False
    """Whether each pause in a row is twice as long as the one before."""


class Busy(LaneClosed):
    """429, 503, 529: the provider limits us or is overloaded; it may have said for how long."""

    code = "provider_busy"


class Overloaded(Busy):
    """The same without a word on how long."""

    grows = True


class KeyRefused(LaneClosed):
    """401, 402, 403, quota used up: nothing of ours gets through until an operator acts."""

    code = "provider_key_refused"
    whole_provider = True
    grows = True


class Unreached(LaneClosed):
    """No connection came about: nothing was sent, nothing can have been paid."""

    code = "provider_unreachable"
    whole_provider = True
    grows = True


class Failed(Unavailable):
    """Another 5xx: the provider says that it failed."""

    code = "provider_failed"


class OutcomeUnknown(Unavailable):
    """It was sent and no answer came: it may have been paid. Two repeats a step, no more."""

    code = "provider_outcome_unknown"
    most_tries = 3


class NeverAnswered(Unprocessable):
    """Three calls of one step are of unknown outcome: paying again is for its owner to decide."""

    code = "provider_outcome_unknown"
    retryable = True


class BadAnswer(Unavailable):
    """The answer did not fit what was asked for, and the repaired one neither; one more pair, then a person looks."""

    code = "bad_model_answer"
    most_tries = 2


class Refused(Unprocessable):
    """400 and the like: the same request would be refused again."""

    code = "provider_refused"
    retryable = True


class Unsupported(Refused):
    """The server lacks the route or the form of answer; a weaker one may do."""

    code = "provider_unsupported"


class Declined(Unprocessable):
    """The model, or a content filter, would not answer."""

    code = "provider_declined"


class TooLong(Unprocessable):
    """The material, or the answer to it, is longer than the model takes; see `generate_over`, which splits."""

    code = "context_too_long"


class OverBudget(Unavailable):
    """The month's budget is used up: jobs wait until it is raised or the month ends."""

    code = "over_budget"
    waits_for = "budget"


QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"}
LENGTH_CODES = {"context_length_exceeded", "string_above_max_length", "request_too_large"}
LENGTH_WORDS = (
    "maximum context length",
    "context window",
    "prompt is too long",
    "too many tokens",
    "input is too long",
)
FORMAT_WORDS = ("response_format", "json_schema", "json_object", "text.format")
CONTENT_CODES = {"content_policy_violation", "content_filter", "invalid_prompt"}
SHORT_PAUSE_SECONDS = 2.0
NOT_SENT = {"ConnectError", "ConnectTimeout", "PoolTimeout", "ConnectionRefusedError"}
"""By name, as the SDKs' HTTP library is loaded with the SDKs only."""


def of_status(status: int, code: str, message: str, retry_after: str, pause_seconds: float) -> AppError:
    """A provider's answer that is none, by status and the provider's own code. *pause_seconds*: the first pause of a
    lane that is closed for reasons that an operator must mend."""
    wait = _seconds(retry_after)
    said = message[:200]
    if status == 413 or code in LENGTH_CODES or (status == 400 and any(words in message for words in LENGTH_WORDS)):
        return TooLong(f"The material is longer than the model takes: {said}")
    if status in {401, 402, 403} or code in QUOTA_CODES:
        return KeyRefused(
            f"The provider refuses our key or our quota is used up ({status}); an operator must see to it.",
            retry_after_seconds=pause_seconds,
        )
    if status in {429, 503, 529} or code == "overloaded_error":
        kind = Busy if wait is not None else Overloaded
        return kind(f"The provider limits us ({status}).", retry_after_seconds=wait or SHORT_PAUSE_SECONDS)
    if status in {408, 409, 499} or status >= 500:
        return Failed(f"The provider failed ({status}).", retry_after_seconds=wait or 0)
    if code in CONTENT_CODES:
        return Declined(f"The provider declined to answer: {said}")
    refusal = Unsupported if status in {404, 405, 501} or any(word in message for word in FORMAT_WORDS) else Refused
    return refusal(f"The provider refused the request ({status}): {said}")


def of_connection(error: BaseException, pause_seconds: float) -> AppError:
    """No answer at all: harmless where no connection came about, else of unknown outcome."""
    cause: BaseException | None = error
    while cause is not None:
        if NOT_SENT & {kind.__name__ for kind in type(cause).__mro__}:
            return Unreached("The provider can't be reached.", retry_after_seconds=min(pause_seconds, 5))
        cause = cause.__cause__
    return OutcomeUnknown("The provider's answer never came; whether it was paid is unknown.", retry_after_seconds=0)


def _seconds(retry_after: str) -> float | None:
    try:
        return max(0.0, min(float(retry_after), 3600.0))
    except ValueError:
        return None
