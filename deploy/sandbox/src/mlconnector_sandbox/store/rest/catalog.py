"""V3 catalogue: products, categories and trees."""

from aiohttp import web

from ..seed import TREE_ID
from ..simulator import Simulator
from ..wire import Json
from .answers import ApiError, v3
from .parameters import flag, listed, numbers, paginate

__all__ = ["brands", "categories", "product", "products", "tree_categories", "trees", "variants"]


async def products(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of products; an id that is not there is just absent."""
    rows = list(simulator.state.resources["products"].values())
    if request.query.get("id"):
        wanted = numbers(request, "id") or set()
        rows = [row for row in rows if row["id"] in wanted]
    within = numbers(request, "id:in")
    rows = rows if within is None else [row for row in rows if row["id"] in within]
    in_categories = numbers(request, "categories:in")
    if in_categories is not None:
        rows = [row for row in rows if in_categories & set(row["categories"])]
    brand = numbers(request, "brand_id")
    rows = rows if brand is None else [row for row in rows if row["brand_id"] in brand]
    skus = listed(request, "sku:in")
    rows = rows if skus is None else [row for row in rows if row["sku"] in skus]
    cut, meta = paginate(request, sorted(rows, key=lambda row: int(row["id"])))
    return v3([_fields(request, row) for row in cut], meta)


async def product(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one product."""
    row = simulator.state.resources["products"].get(int(request.match_info["product_id"]))
    if row is None:
        raise ApiError(404, "The product was not found.")
    return v3(_fields(request, row))


async def variants(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of variants: each product has the one that all have."""
    rows = [_variant(row) for row in simulator.state.resources["products"].values()]
    for name, field in (("id", "id"), ("product_id:in", "product_id")):
        wanted = numbers(request, name)
        rows = rows if wanted is None else [row for row in rows if row[field] in wanted]
    skus = listed(request, "sku")
    rows = rows if skus is None else [row for row in rows if row["sku"] in skus]
    cut, meta = paginate(request, sorted(rows, key=lambda row: int(row["id"])))
    return v3([_fields(request, row) for row in cut], meta)


async def categories(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of categories."""
    rows = list(simulator.state.resources["categories"].values())
    for name, field in (("category_id:in", "category_id"), ("parent_id:in", "parent_id"), ("tree_id:in", "tree_id")):
        wanted = numbers(request, name)
        rows = rows if wanted is None else [row for row in rows if row[field] in wanted]
    uuids = listed(request, "category_uuid:in")
    rows = rows if uuids is None else [row for row in rows if row["category_uuid"] in uuids]
    visible = flag(request, "is_visible")
    rows = rows if visible is None else [row for row in rows if row["is_visible"] == visible]
    cut, meta = paginate(request, sorted(rows, key=lambda row: int(row["category_id"])))
    return v3([_fields(request, row, always="category_id") for row in cut], meta)


async def trees(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the only tree."""
    del request, simulator
    return v3([{"id": TREE_ID, "name": "Default catalog tree", "channels": [1]}])


async def tree_categories(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the tree as a tree."""
    if int(request.match_info["tree_id"]) != TREE_ID:
        raise ApiError(404, "The category tree was not found.")
    return v3(_branch(0, [], list(simulator.state.resources["categories"].values())))


async def brands(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of brands."""
    wanted = numbers(request, "id:in")
    rows = [row for key, row in sorted(simulator.state.resources["brands"].items()) if wanted is None or key in wanted]
    cut, meta = paginate(request, rows)
    return v3([_fields(request, row) for row in cut], meta)


def _variant(product: Json) -> Json:
    same = ("sku", "price", "calculated_price", "cost_price", "retail_price", "sale_price", "weight", "inventory_level")
    return {
        "id": product["base_variant_id"],
        "product_id": product["id"],
        "sku_id": product["base_variant_id"],
        "option_values": [],
        **{name: product[name] for name in same},
    }


def _branch(parent: int, path: list[int], rows: list[Json]) -> list[Json]:
    return [
        {
            "id": row["category_id"],
            "parent_id": parent,
            "depth": len(path),
            "path": [*path, row["category_id"]],
            "name": row["name"],
            "is_visible": row["is_visible"],
            "url": row["url"]["path"],
            "children": _branch(row["category_id"], [*path, row["category_id"]], rows),
        }
        for row in rows
        if row["parent_id"] == parent
    ]


def _fields(request: web.Request, row: Json, always: str = "id") -> Json:
    wanted = listed(request, "include_fields")
    unwanted = listed(request, "exclude_fields") or ()
    return {
        key: value
        for key, value in row.items()
        if key == always or ((wanted is None or key in wanted) and key not in unwanted)
    }
