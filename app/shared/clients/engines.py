"""Which engine works here, and its clients."""

import msgspec

from app.config import Settings, SettingsError
from app.shared.clients.fallback import WithFallback
from app.shared.clients.ledger import Ledger
from app.shared.clients.llm import LLM
from app.shared.clients.offline import OfflineLLM
from app.shared.exceptions import Unprocessable

OPENAI_EMBEDDERS = "text-embedding-"


def chosen_engine(settings: Settings) -> str:
    """`ENGINE`, with `auto` resolved: OpenAI if it has a key, else Anthropic, else offline."""
    if settings.engine != "auto":
        return settings.engine
    if settings.openai_api_key:
        return "openai"
    return "anthropic" if settings.anthropic_api_key else "offline"


class Engines:
    """The clients of all engines that the settings allow, each opened when it is first wanted."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger
        self._open: dict[str, LLM] = {}
        self.usual = self._with_fallback(chosen_engine(settings))

    def of(self, choice: str | None, *, external: bool = True) -> LLM:
        """The engine that a project chose (`auto` and None: the usual one); one that may not send text out stays here."""
        if not external:
            return self._get("offline")
        if choice in {None, "auto"}:
            return self.usual
        assert choice is not None
        try:
            return self._get(choice)
        except SettingsError as error:
            raise Unprocessable(
                f"The project's engine can't be used here: {error} Choose another one.", code="engine_not_configured"
            ) from None

    def embedding_with(self, llm: LLM, model: str) -> LLM | None:
        """An engine that makes vectors of this model for whoever works with *llm*; None where there is none: the model is
        no longer to be had, or the text may not leave this machine."""
        offline = self._get("offline")
        for known in (llm, offline):
            if known.embedding_model == model:
                return known
        if llm is offline or not self._settings.openai_api_key or not model.startswith(OPENAI_EMBEDDERS):
            return None
        return self._get(f"openai {model}")

    def _with_fallback(self, name: str) -> LLM:
        second = self._settings.fallback_engine
        if second is None or name in {second, "offline"}:
            return self._get(name)
        return WithFallback(self._get(name), self._get(second))

    def _get(self, name: str) -> LLM:
        if name not in self._open:
            self._open[name] = self._make(name)
        return self._open[name]

    def _make(self, name: str) -> LLM:
        """The SDKs are loaded only here, as they cost over a second and 80 MB."""
        settings, ledger = self._settings, self._ledger
        if name == "offline":
            return OfflineLLM()
        if name == "anthropic":
            if not settings.anthropic_api_key:
                raise SettingsError("ENGINE=anthropic needs ANTHROPIC_API_KEY.")
            from app.shared.clients.anthropic_client import AnthropicLLM  # noqa: PLC0415

            return AnthropicLLM(settings, ledger, self._get("openai" if settings.openai_api_key else "offline"))
        if name.startswith("openai "):
            settings = msgspec.structs.replace(settings, openai_embedding_model=name.removeprefix("openai "))
            name = "openai"
        if name == "openai" and not settings.openai_api_key:
            raise SettingsError("ENGINE=openai needs OPENAI_API_KEY.")
        if name == "compatible" and not settings.openai_base_url:
            raise SettingsError("ENGINE=compatible needs OPENAI_BASE_URL, the address of the server.")
        from app.shared.clients.openai_client import OpenAILLM  # noqa: PLC0415

        return OpenAILLM(settings, ledger, name, aside=self._get("offline") if name == "compatible" else None)
