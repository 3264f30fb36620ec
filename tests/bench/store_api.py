"""What the benchmarks ask of the store simulator as its owner: resources, and how its callbacks are signed."""

import json
import urllib.request
from typing import Any

from mlconnector_sandbox.landscape.landscape import STORE_HASH, Landscape

__all__ = ["callback_target", "get"]


def get(landscape: Landscape, path: str) -> Any:
    """Get a resource of the store's API."""
    address = f"{landscape.store_url}/stores/{STORE_HASH}/{path}"
    headers = {"X-Auth-Token": str(landscape.store_facts["access_token"]), "Accept": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        return json.load(answer)


def callback_target(landscape: Landscape) -> dict[str, Any]:
    """Say where and how callbacks about new orders are sent to the landscape's relay."""
    hooks = get(landscape, "v3/hooks")["data"]
    hook = next(hook for hook in hooks if hook["scope"] in {"store/order/created", "store/order/*"})
    return {
        "port": landscape.relay_port,
        "store_hash": STORE_HASH,
        "client_secret": landscape.store_facts["client_secret"],
        "headers": hook["headers"],
    }
