"""Pages of a list as a store answers them, pure: V2 has bare arrays and nothing past the end, V3 `data` and `meta`."""

from typing import Any, Final

from .errors import StoreAnswerInvalid

__all__ = ["LIST_SECONDS", "MOST_BYTES", "MOST_PAGES", "MOST_PAGES_AT_ONCE", "PAGE", "is_last", "items_of"]

PAGE: Final = 250
"""Largest page of V2 and V3 lists."""

MOST_PAGES: Final = 4000
"""A million items of one list; whoever has more is not paging but answering the same for ever."""

LIST_SECONDS: Final = 7200.0
"""Of one list that is read page by page: two seconds for each page of the longest."""

MOST_PAGES_AT_ONCE: Final = 100
"""Of a list that is held as a whole: 25 000 items, where the longest that a store may have is 16 000 categories."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""Of all pages of a list that is held as a whole."""


def items_of(path: str, answer: Any) -> list[Any]:
    """Return the items of one page; V2 says 204, read as `None`, where there are none.

    Raises:
        StoreAnswerInvalid: it is no list.
    """
    items = answer.get("data") if isinstance(answer, dict) else answer
    if answer is None:
        return []
    if not isinstance(items, list):
        raise StoreAnswerInvalid("GET", path, "the answer is no list")
    return items


def is_last(path: str, answer: Any, page: int) -> bool:
    """Tell whether no page follows this one; a V3 list without `meta.pagination` has a single page.

    Raises:
        StoreAnswerInvalid: the paging does not say how many pages there are.
    """
    if not isinstance(answer, dict):
        return len(items_of(path, answer)) != PAGE
    meta = answer.get("meta")
    paging = meta.get("pagination") if isinstance(meta, dict) else None
    if not isinstance(paging, dict):
        return True
    pages = paging.get("total_pages")
    if not isinstance(pages, int):
        raise StoreAnswerInvalid("GET", path, "the paging of the answer does not say how many pages there are")
    return page >= pages
