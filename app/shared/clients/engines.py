"""Which engine works here, and its clients."""

from app.config import Settings, SettingsError
from app.db.session import Database
from app.shared.clients.embeddings import Embedder, OfflineEmbedder
from app.shared.clients.llm import LLM, OfflineLLM


def chosen_engine(settings: Settings) -> str:
    """`ENGINE`, with `auto` resolved: OpenAI if it has a key, else Anthropic, else offline."""
    if settings.engine != "auto":
        return settings.engine
    if settings.openai_api_key:
        return "openai"
    return "anthropic" if settings.anthropic_api_key else "offline"


def open_llm(settings: Settings, db: Database) -> LLM:
    """The client of the chosen engine; the SDKs are loaded only here, as they cost over a second and 80 MB."""
    match chosen_engine(settings):
        case "openai" | "compatible" as provider:
            if provider == "openai" and not settings.openai_api_key:
                raise SettingsError("ENGINE=openai needs OPENAI_API_KEY.")
            if provider == "compatible" and not settings.openai_base_url:
                raise SettingsError("ENGINE=compatible needs OPENAI_BASE_URL, the address of the server.")
            from app.shared.clients.openai_client import OpenAILLM  # noqa: PLC0415

            return OpenAILLM(settings, db, provider)
        case "anthropic":
            if not settings.anthropic_api_key:
                raise SettingsError("ENGINE=anthropic needs ANTHROPIC_API_KEY.")
            from app.shared.clients.anthropic_client import AnthropicLLM  # noqa: PLC0415

            return AnthropicLLM(settings, db)
        case _:
            return OfflineLLM()


def open_embedder(settings: Settings, db: Database) -> Embedder:
    """OpenAI's embeddings with its engine; Anthropic has none, so it goes with our own."""
    if chosen_engine(settings) == "openai":
        from app.shared.clients.openai_client import OpenAIEmbedder  # noqa: PLC0415

        return OpenAIEmbedder(settings, db)
    return OfflineEmbedder()
