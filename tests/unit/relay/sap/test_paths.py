"""The way up a tree of categories ends at its top, or where nothing more is known."""

from mlconnector_relay.bigcommerce.models import Category
from mlconnector_relay.sap.paths import category_path


def test_a_path_ends_at_the_top_and_never_loops() -> None:
    """Parents that go round in a circle are a mistake of the store's that must not stop us."""
    tree = {one: Category(id=one, parent_id=up) for one, up in ((1, 0), (2, 1), (3, 2), (8, 9), (9, 8))}
    assert category_path(tree, 3) == (3, 2, 1)
    assert category_path(tree, 8) == (8, 9)
    assert category_path(tree, 77) == (77,)
