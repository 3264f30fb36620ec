"""Reading the settings file: `MLCONNECTOR_AGENT_*` over it, unknown keys are errors, everything checked at once."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ..policy.limits import CHANGING, IMPLIED, POSTING, READING, REVERSAL, SIMULATION
from .errors import SettingsInvalid
from .sections import PolicyLimits, SapUser
from .settings import Settings, account_range

__all__ = ["ENVIRONMENT_PREFIX", "FAILPOINT_VARIABLE", "load_settings"]

ENVIRONMENT_PREFIX: Final = "MLCONNECTOR_AGENT_"
"""`MLCONNECTOR_AGENT_POOL__WRITE_CONNECTIONS` overrides `write_connections` in `[pool]`."""

FAILPOINT_VARIABLE: Final = "MLCONNECTOR_AGENT_FAILPOINT"
"""Arms a failpoint; for tests only, a production configuration refuses it."""

MAX_USERS: Final = 32


def load_settings(path: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the file, lay the environment over it, and check everything at once.

    Relative paths in it start from the file's folder.

    Raises:
        SettingsInvalid: the file cannot be read, is no TOML, or holds unknown, missing or wrong values; all are named.
    """
    variables = os.environ if environment is None else environment
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsInvalid(str(path), ("no such file; start from deploy/agent/agent.example.toml",)) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsInvalid(str(path), (str(error),)) from error
    errors: list[str] = []
    _overlay(data, variables, errors)
    values = _section(Settings, data, "", path.parent, errors)
    if isinstance(values, Settings):
        errors.extend(_contradictions(values, variables))
        if not errors:
            return values
    raise SettingsInvalid(str(path), tuple(errors))


class _FromEnvironment(str):
    """A text from the environment: it may stand for a number, a flag, or a list in JSON."""

    __slots__ = ()


def _overlay(data: dict[str, Any], variables: Mapping[str, str], errors: list[str]) -> None:
    for name, value in sorted(variables.items()):
        section, separator, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
        if not name.startswith(ENVIRONMENT_PREFIX) or not separator:
            continue
        target = data.setdefault(section, {})
        if isinstance(target, dict):
            target[key] = _FromEnvironment(value)
        else:
            errors.append(f"{section}: expected a section (environment {name} sets a key in it)")


def _section(kind: type[Any], data: Any, where: str, base: Path, errors: list[str]) -> Any:
    """Convert one table, collecting an error for each key that does not fit."""
    if not isinstance(data, dict):
        errors.append(f"{where}: expected a section")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    errors.extend(
        f"{_key(where, name)}: unknown key; known here: {', '.join(fields)}" for name in data if name not in fields
    )
    values: dict[str, Any] = {}
    for name, field in fields.items():
        if name in data:
            values[name] = _value(field.type, data[name], _key(where, name), base, errors)
        elif field.required:
            errors.append(f"{_key(where, name)}: missing")
    return None if errors else kind(**values)


def _value(kind: Any, value: Any, where: str, base: Path, errors: list[str]) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _section(kind, value, where, base, errors)
    if kind == list[SapUser] and isinstance(value, list):
        return [_section(SapUser, item, f"{where}[{number}]", base, errors) for number, item in enumerate(value)]
    try:
        if kind in {Path, Path | None}:
            return base / msgspec.convert(value, str)
        if isinstance(value, _FromEnvironment):
            return _from_text(kind, str(value))
        return msgspec.convert(value, kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        errors.append(f"{where}: {error} (found {value!r:.80})")
        return None


def _from_text(kind: Any, text: str) -> Any:
    if text[:1] in {"[", "{"}:
        return msgspec.json.decode(text, type=kind)
    return msgspec.convert(text, kind, strict=False)


def _key(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _contradictions(settings: Settings, variables: Mapping[str, str]) -> list[str]:
    """List what fits key by key but not together."""
    sap, policy = settings.sap, settings.policy
    errors = _policy_contradictions(policy)
    if not 1 <= len(sap.users) <= MAX_USERS:
        errors.append(f"sap.users: expected 1 to {MAX_USERS} users")
    if bool(sap.ashost) == bool(sap.mshost):
        errors.append("sap: expected either ashost (with sysnr) or mshost (with r3name and group)")
    if sap.ashost and not sap.sysnr:
        errors.append("sap.sysnr: missing; expected two digits beside ashost")
    if not sap.snc_partnername:
        errors += [f"sap.users[{number}].password_file: missing; only SNC (snc_partnername) logs on without"
                   for number, user in enumerate(sap.users) if user.password_file is None]  # fmt: skip
    if settings.is_production:
        if variables.get(FAILPOINT_VARIABLE):
            errors.append(f"agent.environment: production refuses failpoints; unset {FAILPOINT_VARIABLE}")
        if policy.accounts is None:
            errors.append("policy.accounts: missing; production names the G/L accounts that may be posted to")
    return errors


def _policy_contradictions(policy: PolicyLimits) -> list[str]:
    known = POSTING | REVERSAL | CHANGING | SIMULATION | READING | IMPLIED
    errors = [
        f"policy.function_modules: this agent has no rules for {name}; known are {', '.join(sorted(known))}"
        for name in policy.function_modules
        if name not in known
    ]
    unnamed = set(policy.transfer_types) - set(policy.document_types)
    if unnamed:
        errors.append(f"policy.transfer_types: name {', '.join(sorted(unnamed))} in policy.document_types, too")
    missing = set(policy.currencies) ^ set(policy.max_amount)
    if missing:
        errors.append(
            f"policy.max_amount: expected one entry for each of currencies; check {', '.join(sorted(missing))}"
        )
    errors += [f"policy.accounts: {text} ends before it begins" for text in policy.accounts or ()
               if account_range(text).low > account_range(text).high]  # fmt: skip
    if policy.tables and not set(policy.function_modules) >= READING:
        errors.append("policy.tables: reading them needs RFC_READ_TABLE in policy.function_modules")
    errors += [
        f"policy.{name}: needs {module} in policy.function_modules, and that at least one entry here"
        for name, module, entries in (
            ("reversal_reasons", "BAPI_ACC_DOCUMENT_REV_POST", policy.reversal_reasons),
            ("change_fields", "Z_MLC_DOCUMENT_CHANGE", policy.change_fields),
            ("text_ids", "RFC_SAVE_TEXT", policy.text_ids),
        )
        if bool(entries) is not (module in policy.function_modules)
    ]
    return errors
