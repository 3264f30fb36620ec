"""The way from a category up to the top of its tree."""

from collections.abc import Mapping

from ..bigcommerce.models import Category

__all__ = ["category_path"]


def category_path(categories: Mapping[int, Category], category_id: int) -> tuple[int, ...]:
    """Return a category and its ancestors, as far as they are known."""
    path = [category_id]
    while True:
        category = categories.get(path[-1])
        # A tree that loops must not loop us.
        if category is None or not category.parent_id or category.parent_id in path:
            return tuple(path)
        path.append(category.parent_id)
