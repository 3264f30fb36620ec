"""Our webhooks at a store: registered by REST, one per scope, each with a random secret header. Can be repeated.

Facts: `GET|POST|PUT /v3/hooks` as in BigCommerce's Webhooks API; one hook per scope and destination.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlconnector_shared.runtime import Runtime

from .client import StoreClient
from .errors import StoreAnswerInvalid

__all__ = ["HOOK_SECRET_HEADER", "SCOPES", "Registered", "register"]

HOOK_SECRET_HEADER: Final = "X-Mlconnector-Hook-Secret"  # noqa: S105  a name, not a secret
"""The header that carries a webhook's secret: a second factor beside the signature."""

SCOPES: Final = (
    "store/order/created",
    "store/order/updated",
    "store/order/statusUpdated",
    "store/order/archived",
    "store/order/refund/created",
    "store/order/transaction/created",
    "store/order/transaction/updated",
    "store/shipment/created",
    "store/shipment/updated",
    "store/shipment/deleted",
)
"""Concrete scopes only: what a wildcard's deliveries carry is not reliably documented."""

SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Registered:
    """Our webhooks at a store.

    Attributes:
        ids: the webhook's id by scope.
        secrets: the webhook's secret by scope.
        created: how many were not there before.
    """

    ids: dict[str, int]
    secrets: dict[str, str]
    created: int


async def register(
    client: StoreClient, destination: str, known_secrets: Mapping[str, str], runtime: Runtime
) -> Registered:
    """See to it that every scope has exactly our webhook, active, with its secret.

    Raises:
        StoreError: the store refused or did not answer; what was registered before stays.
    """
    existing = {
        str(hook["scope"]): hook
        for hook in await client.all_pages("/v3/hooks")
        if hook.get("destination") == destination
    }
    ids: dict[str, int] = {}
    secrets: dict[str, str] = {}
    for scope in SCOPES:
        secret = known_secrets.get(scope) or runtime.token(SECRET_BYTES).hex()
        wanted = {
            "scope": scope,
            "destination": destination,
            "is_active": True,
            "headers": {HOOK_SECRET_HEADER: secret},
        }
        hook = existing.get(scope)
        if hook is None:
            ids[scope] = _id_of(await client.send("POST", "/v3/hooks", wanted))
        else:
            ids[scope] = int(hook["id"])
            await client.send("PUT", f"/v3/hooks/{ids[scope]}", wanted)
        secrets[scope] = secret
    return Registered(ids, secrets, len(SCOPES) - len(existing.keys() & set(SCOPES)))


def _id_of(answer: Any) -> int:
    try:
        return int(answer["data"]["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreAnswerInvalid("POST", "/v3/hooks", f"the answer names no webhook: {answer!r:.200}") from error
