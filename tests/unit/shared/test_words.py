"""Numbers as people read them."""

import pytest
from mlconnector_shared.words import how_many


@pytest.mark.parametrize(
    ("number", "many", "said"),
    [(0, "", "0 orders"), (1, "", "1 order"), (2, "", "2 orders"), (1, "pieces", "1 order"), (3, "pieces", "3 pieces")],
)
def test_a_noun_agrees_with_its_number(number: int, many: str, said: str) -> None:
    """Only one is one."""
    assert how_many(number, "order", many) == said
