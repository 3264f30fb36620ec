"""Our webhooks at a store: registered by REST, one per scope, each with a random secret header. Can be repeated.

Facts: `GET|POST|PUT /v3/hooks` as in BigCommerce's Webhooks API; one hook per scope and destination.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from mlconnector_shared.runtime import Runtime

from .client import StoreClient
from .errors import fit
from .fields import Number, Text
from .orders import Document

__all__ = ["HOOK_SECRET_HEADER", "SCOPES", "Registered", "new_secrets", "register"]

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

PATH: Final = "/v3/hooks"

SECRET_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Registered:
    """Our webhooks at a store.

    Attributes:
        ids: the webhook's id by scope.
        created: how many were not there before.
    """

    ids: dict[str, int]
    created: int


class _Hook(Document):
    id: Number
    scope: Text
    destination: Text = ""


def new_secrets(known: Mapping[str, str], runtime: Runtime) -> dict[str, str]:
    """Return a secret for every scope; those known stay."""
    return {scope: known.get(scope) or runtime.token(SECRET_BYTES).hex() for scope in SCOPES}


async def register(
    client: StoreClient, destination: str, secrets: Mapping[str, str], known_ids: Collection[int]
) -> Registered:
    """See to it that every scope has our webhook, active, at this address, with its secret.

    Args:
        client: the store.
        destination: the address of our callbacks.
        secrets: the secret header's value by scope.
        known_ids: webhooks registered before, perhaps for another address; they move.

    Raises:
        StoreError: the store refused or did not answer; what was registered before stays, and this can be repeated.
    """
    existing: dict[str, int] = {}
    for item in await client.all_pages(PATH):
        hook = fit(_Hook, item, PATH)
        if hook.id in known_ids or (hook.destination == destination and hook.scope not in existing):
            existing[hook.scope] = hook.id
    ids: dict[str, int] = {}
    for scope in SCOPES:
        wanted = {
            "scope": scope,
            "destination": destination,
            "is_active": True,
            "headers": {HOOK_SECRET_HEADER: secrets[scope]},
        }
        if scope in existing:
            await client.send("PUT", f"{PATH}/{existing[scope]}", wanted)
            ids[scope] = existing[scope]
        else:
            answer = await client.send("POST", PATH, wanted)
            ids[scope] = fit(_Hook, answer.get("data") if isinstance(answer, dict) else None, PATH).id
    return Registered(ids, len(SCOPES) - len(existing.keys() & set(SCOPES)))
