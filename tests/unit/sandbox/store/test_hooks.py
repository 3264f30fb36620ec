"""Hooks are registered by the documented rules."""

import itertools
from typing import Any

import pytest
from mlconnector_sandbox.store.accounts import new_account
from mlconnector_sandbox.store.hooks import HookRefusedError, Hooks
from mlconnector_sandbox.store.shelf import Shelf

ME, OTHER = new_account(), new_account()
URL = "https://relay.example/callbacks/abc"


def registry(shelf: Shelf | None = None, *, any_destination: bool = True) -> Hooks:
    """Give an empty registry."""
    counter = itertools.count(1)
    return Hooks("abc", shelf or Shelf(None), lambda _: next(counter), any_destination=any_destination)


def wish(**fields: Any) -> dict[str, Any]:
    """Give the body of a registration."""
    return {"scope": "store/order/created", "destination": URL, "is_active": True, **fields}


def test_active_hooks_of_the_scope_listen() -> None:
    """Inactive ones, other scopes and other wildcards do not."""
    hooks = registry()
    wanted = hooks.create(ME, wish())
    wild = hooks.create(ME, wish(scope="store/order/*"))
    hooks.create(ME, wish(is_active=False, destination=URL + "/2"))
    hooks.create(ME, wish(scope="store/product/*"))

    assert hooks.listening("store/order/created") == [wanted, wild]


def test_hook_without_is_active_is_not_active() -> None:
    """As the API has always had it."""
    body = wish()
    del body["is_active"]

    assert registry().create(ME, body).is_active is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ([], 400),
        (wish(scope="store/app/uninstall"), 400),
        ({"scope": "store/order/created"}, 422),
        (wish(destination="ftp://relay.example"), 422),
        (wish(destination="https://relay.example:port"), 422),
        (wish(destination=5), 422),
        (wish(is_active="yes"), 422),
        (wish(headers=["a"]), 422),
        (wish(headers={"a": 1}), 422),
        (wish(headers={"x" * 65: "v"}), 422),
        (wish(headers={"x": "v" * 8193}), 422),
        (wish(headers={"x": "v\r\nother: y"}), 422),
        (wish(headers={str(number): "v" for number in range(65)}), 422),
    ],
)
def test_bad_registrations_are_refused(body: Any, status: int) -> None:
    """With the status of the API."""
    with pytest.raises(HookRefusedError) as refusal:
        registry().create(ME, body)

    assert refusal.value.status == status


@pytest.mark.parametrize("destination", ["http://relay.example", "https://relay.example:8443"])
def test_real_stores_want_https_on_443(destination: str) -> None:
    """Unless the simulator was started to be less strict."""
    with pytest.raises(HookRefusedError):
        registry(any_destination=False).create(ME, wish(destination=destination))
    assert registry().create(ME, wish(destination=destination)).destination == destination


def test_one_hook_per_scope_and_destination() -> None:
    """For one client; another may have the same."""
    hooks = registry()
    hooks.create(ME, wish())

    with pytest.raises(HookRefusedError):
        hooks.create(ME, wish())
    hooks.create(OTHER, wish())


def test_ten_hooks_per_scope() -> None:
    """The eleventh is refused."""
    hooks = registry()
    for number in range(10):
        hooks.create(ME, wish(destination=f"{URL}/{number}"))

    with pytest.raises(HookRefusedError):
        hooks.create(ME, wish(destination=f"{URL}/10"))


def test_exceptions_go_elsewhere() -> None:
    """The hook for delivery exceptions has a destination of its own."""
    hooks = registry()
    hooks.create(ME, wish())

    with pytest.raises(HookRefusedError):
        hooks.create(ME, wish(scope="store/hook/deliveryException"))


def test_deactivated_hooks_come_back_by_update() -> None:
    """The owner activates what BigCommerce switched off."""
    hooks = registry()
    hook = hooks.create(ME, wish())
    hooks.deactivate(hook)
    off = hooks.get(hook.id)
    assert off is not None
    assert off.status == "deactivated"

    assert hooks.update(off, {"is_active": True}).status == "active"
    assert hooks.update(off, {"is_active": False}).status == "inactive"


def test_hooks_outlive_the_process() -> None:
    """The shelf keeps them, deleted ones not."""
    shelf = Shelf(None)
    hooks = registry(shelf)
    kept, gone = hooks.create(ME, wish(headers={"x-secret": "s"})), hooks.create(ME, wish(destination=URL + "/2"))
    hooks.delete(gone)

    assert list(registry(shelf)) == [kept]
