"""What was sent is remembered, but not for ever."""

import itertools

from mlconnector_sandbox.store.accounts import Accounts, new_account
from mlconnector_sandbox.store.callbacks import Callbacks
from mlconnector_sandbox.store.deliveries import CallbackSettings
from mlconnector_sandbox.store.hooks import Hooks
from mlconnector_sandbox.store.shelf import Shelf

SCOPE = "store/order/created"


async def test_only_the_latest_finished_deliveries_are_kept() -> None:
    """In memory and on the shelf; those under way stay."""
    counter = itertools.count(1)
    shelf = Shelf(None)
    hooks = Hooks("abc", shelf, lambda _: next(counter), any_destination=True)
    callbacks = Callbacks(
        ("abc", 1), Accounts(shelf), hooks, shelf, lambda _: next(counter), retry_factor=1.0, finished_kept=2
    )
    account = new_account()
    hooks.create(account, {"scope": SCOPE, "destination": "http://127.0.0.1:9/", "is_active": True})
    (waiting,) = callbacks.fire(SCOPE, {})
    callbacks.configure(CallbackSettings(loss=1))
    lost = [callbacks.fire(SCOPE, {})[0].id for _ in range(4)]

    assert [delivery.id for delivery in callbacks.deliveries()] == [waiting.id, *lost[-2:]]
    assert {int(key) for key, _ in shelf.read("delivery")} == {waiting.id, *lost[-2:]}
