"""What can go wrong between us and a store.

StoreError
├── StoreUnavailable      no usable answer: network, 5xx, maintenance      retryable
├── StoreRateLimited      429 beyond our patience                          retryable
├── StoreUnauthorized     401 or 403: token or scopes                      a person decides
├── StoreNotFound         404: absent now, which proves nothing            retryable
└── StoreAnswerInvalid    an answer we cannot read                         a person decides
"""

from typing import Any, ClassVar, Final, TypeVar

from mlconnector_shared.errors import ConnectorError
from pydantic import BaseModel, ValidationError

__all__ = [
    "StoreAnswerInvalid",
    "StoreError",
    "StoreNotFound",
    "StoreRateLimited",
    "StoreUnauthorized",
    "StoreUnavailable",
    "fit",
    "misfit",
]

M = TypeVar("M", bound=BaseModel)

LONGEST_MISFIT: Final = 300


class StoreError(ConnectorError):
    """A request to a store failed."""

    def __init__(self, method: str, path: str, detail: str, status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(f"{method} {path}: {detail}")
        self.status = status
        self.retry_after = retry_after


class StoreUnavailable(StoreError):
    """The store did not answer, or answered with a server error."""

    retryable: ClassVar[bool] = True


class StoreRateLimited(StoreError):
    """The store's request quota is used up."""

    retryable: ClassVar[bool] = True


class StoreUnauthorized(StoreError):
    """The access token is wrong (401) or lacks a scope (403)."""


class StoreNotFound(StoreError):
    """The resource is not there now; BigCommerce may still be about to show it."""

    retryable: ClassVar[bool] = True


class StoreAnswerInvalid(StoreError):
    """The answer was not what the API documents."""


def fit(kind: type[M], answer: Any, path: str) -> M:
    """Read what a store answered; the name of `kind` is what the error says it should have been.

    Raises:
        StoreAnswerInvalid: it does not fit; says what of it, without its values.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise StoreAnswerInvalid("GET", path, f"not a {kind.__name__.removeprefix('_')}: {misfit(error)}") from error


def misfit(error: ValidationError) -> str:
    """Say what of a document does not fit, without its values: they may be personal, and this ends up in logs."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    shown = "; ".join(
        f"{'.'.join(str(part) for part in one['loc'])}: {_what(one['type'], one['msg'])}" for one in found
    )
    return shown if len(shown) <= LONGEST_MISFIT else f"{shown[:LONGEST_MISFIT]}... ({len(found)} in all)"


def _what(kind: str, said: str) -> str:
    # Our own validators quote the value.
    return "its value cannot be read" if kind == "value_error" else said
