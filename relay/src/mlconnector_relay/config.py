"""Settings of the relay: one TOML file, environment `MLCONNECTOR_RELAY_*` over it, unknown keys are errors."""

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

__all__ = ["ENVIRONMENT_PREFIX", "FAILPOINT_VARIABLE", "Channel", "Settings", "SettingsInvalid", "load_settings"]

ENVIRONMENT_PREFIX: Final = "MLCONNECTOR_RELAY_"
"""`MLCONNECTOR_RELAY_DATABASE__URL` overrides `url` in `[database]`."""

FAILPOINT_VARIABLE: Final = f"{ENVIRONMENT_PREFIX}FAILPOINT"
"""Arms a failpoint; for tests only, a production configuration refuses it."""

MONITORING_PORT: Final = 8081

_NO_SETTINGS: Final = frozenset({FAILPOINT_VARIABLE, f"{ENVIRONMENT_PREFIX}CONFIG"})


class SettingsInvalid(ConnectorError):
    """The settings do not fit; carries every error at once."""

    def __init__(self, source: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class General(_Section):
    """Who this relay is, and where it keeps its keys and certificates."""

    id: str = Field("relay-1", pattern=r"^[a-z0-9-]{1,32}$", description="name of this process in logs and leases")
    environment: Literal["production", "test"] = Field("production", description="test permits failpoints")
    state_dir: Path = Field(description="folder of keys and certificates, kept at 0700")
    log_file: Path | None = Field(None, description="file of JSON lines; standard output where unset")


class DatabaseSettings(_Section):
    """The one durable state."""

    url: str = Field(description="sqlite+aiosqlite:///path or postgresql+asyncpg://user:password@host/database")


class Listen(_Section):
    """The public listener: callbacks, enrolment, and whether the process lives."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 is every one")
    port: int = Field(8080, ge=0, le=65535, description="0 takes any that is free")
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^\s/]+.*)?$",
        description="address stores and agents reach it at; http://host:port where unset",
    )
    tls_certificate: Path | None = Field(None, description="PEM; plain HTTP behind a proxy where unset")
    tls_key: Path | None = Field(None, description="PEM; goes with tls_certificate")
    max_callback_bytes: int = Field(65536, ge=1024, le=1048576, description="longer callbacks are refused unread")

    @property
    def address(self) -> str:
        """Return the address stores and agents reach this listener at."""
        scheme = "https" if self.tls_certificate else "http"
        return self.public_url.rstrip("/") or f"{scheme}://{self.host}:{self.port}"


class Monitoring(_Section):
    """The private listener: `/readyz` and `/metrics`, which tell names, counts and what is the matter."""

    host: str = Field("127.0.0.1", description="address to listen on; never one that strangers reach")
    port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="0 takes any that is free. Where unset: 8081 in production; in test the public listener",
    )


class TunnelSettings(_Section):
    """The mutual-TLS listener agents dial."""

    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 is every one")
    port: int = Field(8443, ge=0, le=65535, description="0 takes any that is free")
    public_url: str = Field(
        "", pattern=r"^(wss://[^\s/]+.*)?$", description="wss:// address agents dial; wss://host:port where unset"
    )
    names: tuple[str, ...] = Field(("localhost", "127.0.0.1"), description="names in the server certificate")


class Secrets(_Section):
    """The master key that wraps every key at rest."""

    master_key_file: Path | None = Field(None, description="32 bytes; created in state_dir where unset")


class Mappings(_Section):
    """The reviewed mappings, and who puts them in force."""

    directory: Path = Field(description="folder of <tenant>.messages.toml and, where files decide, <tenant>.toml")
    activation: Literal["four_eyes", "one_person", "file"] | None = Field(
        None,
        description="four_eyes: author is not approver; file: a changed file is in force at once. "
        "Where unset: four_eyes in production, file in test",
    )
    reload_seconds: float = Field(2.0, gt=0, le=300, description="how often a changed file is looked for")


class Work(_Section):
    """Limits of the job engine."""

    concurrency: int = Field(
        16,
        ge=1,
        le=256,
        description="orders reconciled at once by this process, of one tenant among several at most half; "
        "those that wait for an agent do not count",
    )
    lease_seconds: float = Field(
        60.0, ge=5, le=3600, description="after so long without a sign of life another process takes an order over"
    )
    poll_seconds: float = Field(0.5, gt=0, le=60, description="longest wait before looking for due jobs")
    settle_seconds: float = Field(
        30.0, ge=0, le=600, description="wait after an event, so that its siblings and late edits are one look"
    )
    envelope_seconds: float = Field(300.0, ge=5, le=900, description="life of a sealed envelope")
    answer_seconds: float = Field(60.0, ge=1, le=3600, description="silence after which a posting shows in doubt")
    sweep_seconds: float = Field(300.0, gt=0, le=86400, description="how often stores are asked what changed")
    sweep_overlap_seconds: float = Field(
        600.0, ge=0, le=86400, description="how far a sweep looks back behind the last one; stores show changes late"
    )


class Channel(_Section):
    """Where alerts are told."""

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$", description="shows in `alerts channels` and in the log")
    url: SecretStr | None = Field(
        None, description="apprise address, such as mailtos://, msteams://, slack://, json://"
    )
    url_file: Path | None = Field(None, description="file with the address, which is a secret; instead of url")
    owners: tuple[Literal["relay", "agent", "store", "finance", "basis"], ...] = Field(
        (), description="whose alerts it tells; everybody's where empty"
    )
    tenants: tuple[str, ...] = Field((), description="which tenants' alerts it tells; every tenant's where empty")
    severity: Literal["warning", "critical"] = Field("warning", description="critical leaves warnings out")

    @model_validator(mode="after")
    def _one_address(self) -> "Channel":
        if (self.url is None) == (self.url_file is None):
            raise ValueError("expected url or url_file, one of the two")
        return self

    @property
    def address(self) -> str:
        """Return the apprise address.

        Raises:
            SettingsInvalid: its file cannot be read.
        """
        if self.url is not None:
            return self.url.get_secret_value()
        path = self.url_file or Path()
        try:
            return path.read_text("utf-8").strip()
        except OSError as error:
            raise SettingsInvalid(f"channel {self.name}", (f"url_file {path}: {error.strerror}",)) from error


class AlertSettings(_Section):
    """Where alerts are told; `alerts list` shows them all the same."""

    channels: tuple[Channel, ...] = Field((), description="see below")

    @model_validator(mode="after")
    def _names_differ(self) -> "AlertSettings":
        names = [channel.name for channel in self.channels]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two channels are named {', '.join(twice)}; each needs a name of its own")
        return self


class ReconciliationSettings(_Section):
    """How ledger and store are compared with SAP."""

    daily_at: str = Field(
        "03:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="when SAP's books are read back each day, UTC"
    )
    days_back: int = Field(
        62, ge=1, le=3660, description="the daily reading takes what was entered this long ago or later"
    )
    ask_store: bool = Field(
        default=True,
        description="after the daily reading, ask the stores for the orders and refunds of these days, too",
    )


class Settings(_Section):
    """All settings of one relay process, read once at start."""

    relay: General
    database: DatabaseSettings
    listen: Listen = Listen()
    monitoring: Monitoring = Monitoring()
    tunnel: TunnelSettings = TunnelSettings()
    secrets: Secrets = Secrets()
    mapping: Mappings
    work: Work = Work()
    alerts: AlertSettings = AlertSettings()
    reconciliation: ReconciliationSettings = ReconciliationSettings()

    @property
    def activation(self) -> Literal["four_eyes", "one_person", "file"]:
        """Return who puts mappings in force."""
        return self.mapping.activation or ("four_eyes" if self.is_production else "file")

    @property
    def is_production(self) -> bool:
        """Tell whether two people are needed where nothing else is said."""
        return self.relay.environment == "production"

    @property
    def monitoring_port(self) -> int | None:
        """Return the private listener's port; None where the public one answers for it."""
        if self.monitoring.port is None and self.relay.environment == "production":
            return MONITORING_PORT
        return self.monitoring.port

    @model_validator(mode="after")
    def _tls_needs_both(self) -> "Settings":
        if (self.listen.tls_certificate is None) != (self.listen.tls_key is None):
            raise ValueError("[listen] tls_certificate and tls_key go together; set both or neither")
        return self


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file, lay the environment over it, and check everything at once.

    Raises:
        SettingsInvalid: the file cannot be read, is no TOML, or holds unknown, missing or wrong values; all are named.
    """
    source = str(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsInvalid(source, ("no such file; start from deploy/relay/relay.example.toml",)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(source, (str(error),)) from error
    variables = os.environ if environment is None else environment
    errors = _overlay(data, variables)
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        sentences = (_sentence(dict(item)) for item in error.errors(include_url=False, include_context=False))
        raise SettingsInvalid(source, (*errors, *sentences)) from error
    if settings.relay.environment == "production" and variables.get(FAILPOINT_VARIABLE):
        errors.append(f"relay.environment: production refuses failpoints; unset {FAILPOINT_VARIABLE}")
    if errors:
        raise SettingsInvalid(source, tuple(errors))
    return settings


def _overlay(data: dict[str, Any], environment: Mapping[str, str]) -> list[str]:
    """Lay the variables over the file's tables; return what is wrong with those that cannot be laid anywhere."""
    errors = []
    for name, text in sorted(environment.items()):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in _NO_SETTINGS:
            continue
        section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        table = field.annotation if field else None
        if not isinstance(table, type) or not issubclass(table, _Section) or key not in table.model_fields:
            errors.append(f"{name}: no such setting; write {ENVIRONMENT_PREFIX}SECTION__KEY, such as DATABASE__URL")
            continue
        values = data.setdefault(section, {})
        if isinstance(values, dict):
            values[key] = _value(text)
    return errors


def _value(text: str) -> Any:
    """Read a list as JSON; everything else is converted, or refused, by its setting's type."""
    if not text.startswith("["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sentence(item: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"]) or "settings"
    # Whole sections and unknown keys are not shown: a misplaced password must not reach a log.
    silent = item["type"] in {"missing", "extra_forbidden"} or not isinstance(item["input"], str | int | float)
    found = "" if silent else f" (found {item['input']!r:.80})"
    return f"{where}: {item['msg']}{found}"
