"""The sections of the settings file with what each key takes. deploy/agent/agent.example.toml explains every key."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["General", "Health", "Log", "Luw", "PolicyLimits", "Pool", "Sap", "SapUser", "Section"]

Slug = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$")]
FunctionModule = Annotated[str, Meta(pattern=r"^[A-Z0-9_/]{1,30}$")]
CompanyCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{4}$")]
DocumentType = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
Amount = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,4})?$")]
StoreCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,2}$")]
Accounts = Annotated[str, Meta(pattern=r"^[0-9]{1,10}(-[0-9]{1,10})?$")]
DdicName = Annotated[str, Meta(pattern=r"^[A-Z0-9_/]{1,30}$")]
ItemField = Literal["ZUONR", "SGTXT", "XREF1", "XREF2", "XREF3", "ZFBDT", "ZLSPR", "MANSP"]
TextId = Annotated[str, Meta(pattern=r"^[A-Z0-9]{1,4}$")]
ReversalReason = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2}$")]
Seconds = Annotated[float, Meta(gt=0, le=86400)]
Connections = Annotated[int, Meta(ge=1, le=32)]
Days = Annotated[int, Meta(ge=0, le=3660)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: frozen, unknown keys refused."""


class General(Section, frozen=True, kw_only=True):
    """Who this agent is and where it keeps its state."""

    instance: Slug
    environment: Literal["production", "test"] = "production"
    state_dir: Path
    slot: Annotated[int, Meta(ge=0, le=7)] = 0


class SapUser(Section, frozen=True, kw_only=True):
    """One SAP user; the password file is empty where SNC logs on."""

    user: Annotated[str, Meta(pattern=r"^[A-Z0-9_./-]{1,12}$")]
    password_file: Path | None = None


class Sap(Section, frozen=True, kw_only=True):
    """The SAP system and how to reach it: ashost and sysnr, or mshost with r3name and group."""

    sysid: Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9]{2}$")]
    client: Annotated[str, Meta(pattern=r"^[0-9]{3}$")]
    users: list[SapUser]
    lang: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")] = "EN"
    sdk_home: str = ""
    ashost: str = ""
    sysnr: Annotated[str, Meta(pattern=r"^([0-9]{2})?$")] = ""
    mshost: str = ""
    msserv: str = ""
    r3name: str = ""
    group: str = ""
    saprouter: str = ""
    snc_partnername: str = ""
    snc_myname: str = ""
    snc_qop: Annotated[str, Meta(pattern=r"^[12389]?$")] = ""
    snc_lib: str = ""


class Pool(Section, frozen=True, kw_only=True):
    """RFC connections; see `RfcSettings`."""

    write_connections: Connections = 2
    read_connections: Connections = 2
    logon_timeout_seconds: Seconds = 60.0
    idle_ping_seconds: Seconds = 60.0
    reopen_after_seconds: Seconds = 1800.0


class Luw(Section, frozen=True, kw_only=True):
    """Deadlines and proofs of one LUW; see `LuwSettings`."""

    record_deadline_seconds: Seconds = 2.0
    lookup_timeout_seconds: Seconds = 60.0
    post_timeout_seconds: Seconds = 300.0
    commit_timeout_seconds: Seconds = 660.0
    rollback_timeout_seconds: Seconds = 30.0
    settle_interval_seconds: Seconds = 2.0
    settle_window_seconds: Seconds = 660.0
    resolve_base_seconds: Seconds = 2.0
    resolve_cap_seconds: Seconds = 600.0
    doubt_limit_seconds: Seconds = 3600.0
    update_requests_readable: bool = True
    sentinel: Annotated[str, Meta(pattern=r"^([A-Z0-9]{18})?$")] = ""
    verify_interval_seconds: Seconds = 20.0


class PolicyLimits(Section, frozen=True, kw_only=True):
    """What Basis permits; see `Policy`."""

    function_modules: list[FunctionModule]
    company_codes: list[CompanyCode]
    document_types: list[DocumentType]
    currencies: list[Currency]
    max_amount: dict[Currency, Amount]
    store_codes: list[StoreCode]
    accounts: list[Accounts] | None = None
    posting_days_back: Days = 92
    posting_days_ahead: Days = 1
    max_rows: Annotated[int, Meta(ge=1, le=100_000_000)] = 1_000_000
    tables: dict[DdicName, list[DdicName]] = {}
    reversal_reasons: list[ReversalReason] = []
    change_fields: list[ItemField] = []
    text_ids: list[TextId] = []
    transfer_types: list[DocumentType] = []


class Log(Section, frozen=True, kw_only=True):
    """Where the JSON lines go: standard output where no file is set."""

    file: Path | None = None
    level: Literal["debug", "info", "warning", "error"] = "info"


class Health(Section, frozen=True, kw_only=True):
    """`/healthz` on loopback; off where port is 0."""

    port: Annotated[int, Meta(ge=0, le=65535)] = 0
