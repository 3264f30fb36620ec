"""What never reaches a log: values of keys that name secrets or personal data."""

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["REDACTED", "redact"]

REDACTED: Final = "***"

_HIDDEN: Final = frozenset(
    {
        "access_token", "authorization", "client_secret", "passwd", "password", "secret", "token", "x-auth-token",
        "address", "billing_address", "city", "company", "email", "first_name", "last_name", "name", "phone",
        "postl_code", "street", "street_1", "street_2", "vat_reg_no", "zip",
    }
)  # fmt: skip


def redact(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of log fields with the values of secret and personal keys replaced, at any depth."""
    return {key: REDACTED if str(key).lower() in _HIDDEN else _value(value) for key, value in fields.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return redact(value)
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return value
