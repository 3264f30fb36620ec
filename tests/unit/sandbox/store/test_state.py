"""The store's documents, their earlier versions and its numbers outlive the process."""

from pathlib import Path

from mlconnector_sandbox.store.profile import load_profile
from mlconnector_sandbox.store.record import OrderRecord
from mlconnector_sandbox.store.shelf import Shelf
from mlconnector_sandbox.store.state import StoreState


def store(folder: Path | None = None) -> StoreState:
    """Open a store."""
    return StoreState(load_profile("eu"), Shelf(folder))


def order(order_id: int, notes: str = "") -> OrderRecord:
    """Give a small order."""
    return OrderRecord.from_document({"id": order_id, "staff_notes": notes, "products": [{"id": 1}]})


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    """Orders, changed and deleted products, and numbers that are never given twice."""
    before = store(tmp_path)
    before.put_order(order(before.allocate("order")))
    before.put_resource("products", {"id": 111, "name": "Renamed"})
    before.drop_resource("products", 112)
    last = before.allocate("order")

    after = store(tmp_path)

    assert after.order(100) == order(100)
    assert after.resources["products"][111] == {"id": 111, "name": "Renamed"}
    assert 112 not in after.resources["products"]
    assert after.allocate("order") == last + 1


def test_deleting_the_catalogue_does_not_seed_it_again(tmp_path: Path) -> None:
    """A store is seeded once."""
    before = store(tmp_path)
    for key in list(before.resources["products"]):
        before.drop_resource("products", key)

    assert store(tmp_path).resources["products"] == {}


def test_version_before_the_last_is_known() -> None:
    """For stale reads; an order that never changed has none."""
    state = store()
    state.put_order(order(500, "first"))
    assert state.earlier(500) is None
    state.put_order(order(500, "second"))
    state.put_order(order(500, "third"))

    earlier, present = state.earlier(500), state.order(500)
    assert earlier is not None
    assert present is not None
    assert (earlier.order["staff_notes"], present.order["staff_notes"]) == ("second", "third")


def test_numbers_follow_loaded_orders() -> None:
    """An order that brings its own number moves the counter on."""
    state = store()
    state.put_order(order(4711))

    assert state.allocate("order") == 4712


def test_dropping_what_is_not_there_says_so() -> None:
    """And nothing else happens."""
    assert store().drop_resource("customers", 99) is False
