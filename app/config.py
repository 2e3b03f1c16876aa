"""Settings, read once from the environment."""

import os
import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields

ROOT_HOME = Path("/var/lib/strand")
MIN_SECRET_KEY = 32
LEAST_ARGON2_KIB = 8
"""For each lane: less the algorithm itself refuses (RFC 9106, 3.1)."""
LEAST_ARGON2_KIB_IN_PRODUCTION = 7168
LONGEST_PAUSE_SECONDS = 7 * 24 * 3600
DEFAULT_PASSWORDS = {"", "admin", "changeme", "change-me", "default", "example", "password", "postgres", "redis", "root", "secret", "strand", "test"}  # fmt: skip
SECRETS = {
    "secret_key",
    "previous_secret_keys",
    "database_url",
    "broker_url",
    "storage_url",
    "openai_api_key",
    "anthropic_api_key",
    "smtp_url",
    "metrics_token",
}

MAILBOX = re.compile(r"[^<>@\s]+@[^<>@\s]+|[^<>@\r\n]+ <[^<>@\s]+@[^<>@\s]+>")

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class SettingsError(Exception):
    """The environment asks for something that can't be; the message says what to change."""


class Settings(Struct, frozen=True, kw_only=True, rename="upper"):
    """Every value a process takes from its environment. `.env.example` says what each one means."""

    app_env: Literal["development", "production"] = "development"
    secret_key: str | None = None
    previous_secret_keys: str = ""
    database_url: str | None = None
    broker_url: str | None = None
    storage_url: str | None = None
    strand_home: str | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    engine: Literal["auto", "openai", "anthropic", "compatible", "offline"] = "auto"
    fallback_engine: Literal["openai", "anthropic", "compatible"] | None = None
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    openai_model: str = "gpt-5.4-mini"
    openai_embedding_model: str = "text-embedding-3-small"
    anthropic_api_key: str | None = None
    anthropic_base_url: str | None = None
    anthropic_model: str = "claude-sonnet-5-5"
    openai_moderation_model: str = "omni-moderation-latest"
    openai_transcription_model: str = "whisper-1"
    provider_timeout_seconds: Seconds = 120
    provider_pause_seconds: Seconds = 30
    provider_requests_per_minute: Annotated[int, Meta(ge=0)] = 0
    provider_tokens_per_minute: Annotated[int, Meta(ge=0)] = 0
    provider_concurrency: Annotated[int, Meta(ge=0)] = 0
    prices_file: str | None = None
    monthly_budget_usd: Decimal | None = None
    web_contact: str | None = None
    metrics_token: str | None = None
    trusted_proxies: str = ""
    registrations_per_minute: Positive = 120
    refreshes_per_minute: Positive = 240
    failed_logins_per_account: Positive = 10
    failed_logins_per_address: Positive = 100
    argon2_memory_kib: Annotated[int, Meta(ge=8)] = 65536
    argon2_time_cost: Positive = 3
    argon2_parallelism: Positive = 4
    argon2_at_once: Positive = 1
    require_verified_email: bool = False
    require_operator_totp: bool = False
    mails_per_hour: Positive = 5
    smtp_url: str | None = None
    smtp_retry_seconds: Seconds = 30
    mail_from: str = "Strand <strand@localhost>"
    public_url: str | None = None
    metrics_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    metrics_host: str = "127.0.0.1"
    otel_exporter_otlp_endpoint: str | None = None
    requests_at_once: Positive = 1000
    keep_alive_seconds: Positive = 65
    headers_seconds: Seconds = 20
    cors_origins: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    json_body_limit_bytes: Positive = 10 * 1024 * 1024
    file_limit_bytes: Positive = 100 * 1024 * 1024
    upload_limit_bytes: Positive = 4 * 1024**3
    database_pool_size: Positive = 10
    vector_index: Literal["hnsw", "ivfflat", "none"] = "hnsw"
    search_exact_chunks: Positive = 10_000
    worker_slots: Positive = 10
    job_look_seconds: Seconds = 1
    job_lease_seconds: Seconds = 30
    job_beat_seconds: Seconds = 2
    job_tick_seconds: Seconds = 5
    job_receipt_seconds: Seconds = 8
    job_grace_seconds: Seconds = 20
    job_backoff_seconds: Seconds = 1
    job_max_attempts: Positive = 6
    job_max_crashes: Positive = 5
    job_deadline_seconds: Seconds = 3600
    job_step_seconds: Seconds = 900
    job_sweep_seconds: Seconds = 3600
    owner_max_running: Positive = 3
    owner_max_queued: Positive = 1000
    retain_jobs_days: Positive = 90
    retain_events_days: Positive = 14
    retain_audit_days: Positive = 400
    retain_deliveries_days: Positive = 30
    retain_exports_days: Positive = 7
    webhook_retry_seconds: str = "5,300,1800,7200,18000,36000,50400,72000,86400"
    webhook_allow_private: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read and check the environment; an empty variable counts as unset. A secret may lie in a file, whose path
        its variable has with `_FILE` at the end: what orchestrators mount is then in no process's environment."""
        given = {name: value for name, value in (os.environ if env is None else env).items() if value.strip()}
        given = _secrets_from_files(given) | given
        try:
            settings = convert(given, cls, strict=False)
        except ValidationError as error:
            raise SettingsError(
                f"The environment can't be used: {error}. `.env.example` lists every setting."
            ) from None
        if settings.monthly_budget_usd is not None and settings.monthly_budget_usd < 0:
            raise SettingsError("MONTHLY_BUDGET_USD can't be below 0; leave it empty for no limit.")
        try:
            _ = settings.proxies
        except ValueError as error:
            raise SettingsError(f"TRUSTED_PROXIES holds what is no network: {error}.") from None
        settings.refuse_unusable_mail()
        if settings.argon2_memory_kib < LEAST_ARGON2_KIB * settings.argon2_parallelism:
            raise SettingsError(
                f"ARGON2_MEMORY_KIB must be at least {LEAST_ARGON2_KIB} for each of ARGON2_PARALLELISM."
            )
        try:
            _ = settings.webhook_pauses
        except ValueError as error:
            raise SettingsError(f"WEBHOOK_RETRY_SECONDS is no list of seconds: {error}.") from None
        settings.refuse_unsafe_production()
        return settings

    @property
    def home(self) -> Path:
        """Where embedded data, files and generated secrets live."""
        if self.strand_home:
            return Path(self.strand_home).expanduser().absolute()
        if os.name == "posix" and os.geteuid() == 0:
            return ROOT_HOME
        return platformdirs.user_data_path("strand", appauthor=False)

    @property
    def older_keys(self) -> tuple[str, ...]:
        return tuple(key for one in self.previous_secret_keys.split(",") if (key := one.strip()))

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of `trusted_proxies`; `ValueError` where one is none."""
        named = (one.strip() for one in self.trusted_proxies.split(","))
        return tuple(ip_network(one, strict=False) for one in named if one)

    @property
    def webhook_pauses(self) -> tuple[float, ...]:
        """Before each try that follows a failed one; `ValueError` where one is no time."""
        pauses = tuple(float(one) for one in self.webhook_retry_seconds.split(",") if one.strip())
        if not all(0 < pause <= LONGEST_PAUSE_SECONDS for pause in pauses):
            raise ValueError("a pause lies between 0 and a week")
        return pauses

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @property
    def address(self) -> str:
        """Where people reach this installation, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def refuse_unusable_mail(self) -> None:
        """Raise `SettingsError` where no mail could be sent, rather than when the first is due."""
        try:
            server = urlsplit(self.smtp_url or "smtp://unset")
            usable = server.scheme in {"smtp", "smtps"} and bool(server.hostname) and (server.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError("SMTP_URL must be smtp://user:password@host:587 or smtps://user:password@host:465.")
        if not MAILBOX.fullmatch(self.mail_from):
            raise SettingsError("MAIL_FROM must be an address, or a name with one: Strand <strand@example.com>.")
        if self.public_url and urlsplit(self.public_url).scheme not in {"http", "https"}:
            raise SettingsError("PUBLIC_URL must begin with https:// or http://; links in mails begin with it.")

    def refuse_unsafe_production(self) -> None:
        """Raise `SettingsError` where production would start with a guessable secret."""
        if not self.production:
            return
        key = self.secret_key or ""
        if len(key) < MIN_SECRET_KEY or len(set(key)) < 10:
            raise SettingsError(
                f"APP_ENV=production needs a SECRET_KEY of at least {MIN_SECRET_KEY} random characters; "
                "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'."
            )
        if self.webhook_allow_private:
            raise SettingsError(
                "WEBHOOK_ALLOW_PRIVATE opens the inner network to whoever has an account; APP_ENV=production refuses it."
            )
        for name, url in (("DATABASE_URL", self.database_url), ("BROKER_URL", self.broker_url)):
            if url and (password := urlsplit(url).password) is not None and password.lower() in DEFAULT_PASSWORDS:
                raise SettingsError(f"{name} has a default password; APP_ENV=production refuses it. Choose a real one.")
        if self.argon2_memory_kib < LEAST_ARGON2_KIB_IN_PRODUCTION:
            raise SettingsError(
                f"APP_ENV=production needs ARGON2_MEMORY_KIB of {LEAST_ARGON2_KIB_IN_PRODUCTION} or more; "
                "passwords hashed with less are guessed too cheaply."
            )

    def public(self) -> dict[str, Any]:
        """Every setting by its variable's name, secrets masked."""
        values = {field.encode_name: getattr(self, field.name) for field in fields(self)}
        return {name: "***" if name.lower() in SECRETS and value else value for name, value in values.items()}

    def __repr__(self) -> str:
        return f"Settings({self.public()})"


def _secrets_from_files(given: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in map(str.upper, SECRETS):
        if name not in given and (path := given.get(f"{name}_FILE")):
            try:
                found[name] = Path(path).read_text().strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{name}_FILE names what can't be read: {error}.") from None
    return {name: value for name, value in found.items() if value}
