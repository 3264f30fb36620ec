"""Pages of V2 and V3 lists, and where they end."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid
from mlconnector_relay.bigcommerce.paging import PAGE, is_last, items_of


def v3(count: int, **meta: Any) -> dict[str, Any]:
    return {"data": [{}] * count, "meta": meta}


@pytest.mark.parametrize(
    ("answer", "page", "last"),
    [
        (None, 1, True),
        ([], 1, True),
        ([{}] * (PAGE - 1), 1, True),
        ([{}] * PAGE, 1, False),
        # More than was asked for: a list that ignores the limit has all on one page.
        ([{}] * (PAGE + 1), 1, True),
        (v3(3, pagination={"total_pages": 2}), 1, False),
        (v3(3, pagination={"total_pages": 2}), 2, True),
        (v3(0, pagination={"total_pages": 0}), 1, True),
        (v3(PAGE), 1, True),
        ({"data": [{}] * PAGE}, 1, True),
        ({"data": [], "meta": []}, 1, True),
    ],
)
def test_where_a_list_ends(answer: Any, page: int, last: bool) -> None:
    """V2 ends with a page that is not full, V3 where its paging says; without paging there is one page."""
    assert is_last("/x", answer, page) is last


@pytest.mark.parametrize("answer", [{"data": None}, {"data": {}}, {}, "text", 7])
def test_what_is_no_list_is_no_empty_list(answer: Any) -> None:
    """Absence must be said, not guessed from an answer of another shape."""
    with pytest.raises(StoreAnswerInvalid, match="no list"):
        items_of("/x", answer)


def test_paging_that_does_not_say_how_many_pages_is_refused() -> None:
    """Guessing would fetch for ever or leave items out."""
    with pytest.raises(StoreAnswerInvalid, match="how many pages"):
        is_last("/x", v3(3, pagination={"total_pages": "2"}), 1)


def test_an_empty_v2_list_has_no_body() -> None:
    """204 is read as None."""
    assert items_of("/x", None) == []
