"""What mapping selects on beside the order: products' categories with their ancestors, and customers' groups.

Kept for minutes, so that a flash sale does not fetch the same product a thousand times; bounded in number.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mlconnector_shared.runtime import Runtime

from .client import Observer, StoreClient
from .errors import fit
from .models import Category, Customer, ProductFacts, Variant
from .recent import Recent

__all__ = ["Catalogue", "CatalogueFacts"]

PRODUCT_SECONDS: Final = 300.0
CUSTOMER_SECONDS: Final = 60.0
MOST_PRODUCTS: Final = 50_000
MOST_CATEGORIES: Final = 16_000
MOST_CUSTOMERS: Final = 10_000
DEEPEST_TREE: Final = 16
"""BigCommerce allows 8 levels; a loop of parents must not keep us for ever."""

CUSTOMER_PARTS: Final = {"include": "attributes,formfields,segment_ids"}
PRODUCT_FIELDS: Final = "categories,sku,type,brand_id,tax_class_id"


@dataclass(frozen=True, slots=True)
class CatalogueFacts:
    """Products by id, and their categories with all ancestors by id."""

    products: dict[int, ProductFacts]
    categories: dict[int, Category]


class Catalogue:
    """One store's catalog and customers, as far as mapping needs them."""

    def __init__(self, client: StoreClient, runtime: Runtime) -> None:
        self._client = client
        self._products: Recent[int, ProductFacts] = Recent(runtime, PRODUCT_SECONDS, MOST_PRODUCTS)
        self._categories: Recent[int, Category] = Recent(runtime, PRODUCT_SECONDS, MOST_CATEGORIES)
        self._customers: Recent[int, Customer] = Recent(runtime, CUSTOMER_SECONDS, MOST_CUSTOMERS)

    async def facts(self, product_ids: Collection[int], observe: Observer | None = None) -> CatalogueFacts:
        """Return the products, and their categories up to the top.

        Raises:
            StoreError: a fetch failed.
        """

        async def products(ids: Sequence[int]) -> dict[int, ProductFacts]:
            params = {"id:in": _joined(ids), "include_fields": PRODUCT_FIELDS}
            items = await self._client.all_pages("/v3/catalog/products", params, observe)
            return {fact.id: fact for fact in _read(ProductFacts, items, "/v3/catalog/products")}

        async def categories(ids: Sequence[int]) -> dict[int, Category]:
            params = {"category_id:in": _joined(ids)}
            items = await self._client.all_pages("/v3/catalog/trees/categories", params, observe)
            return {category.id: category for category in _read(Category, items, "/v3/catalog/trees/categories")}

        known = await self._products.get(product_ids, products)
        level = {category for product in known.values() for category in product.categories}
        tree: dict[int, Category] = {}
        for _ in range(DEEPEST_TREE):
            if not level:
                break
            tree |= await self._categories.get(level, categories)
            parents = {category.parent_id for category in tree.values() if category.parent_id}
            level = parents - set(tree) - (level - set(tree))
        return CatalogueFacts(known, tree)

    async def everything(self) -> CatalogueFacts:
        """Return all products and categories as the store has them now, keeping none.

        Raises:
            StoreError: a fetch failed.
        """
        products: dict[int, ProductFacts] = {}
        async for page in self._client.pages("/v3/catalog/products", {"include_fields": PRODUCT_FIELDS}):
            products |= {fact.id: fact for fact in _read(ProductFacts, page, "/v3/catalog/products")}
        path = "/v3/catalog/trees/categories"
        categories = _read(Category, await self._client.all_pages(path), path)
        return CatalogueFacts(products, {category.id: category for category in categories})

    async def variants(self) -> AsyncIterator[Variant]:
        """Yield every variant of every product: orders name the variant's SKU.

        Raises:
            StoreError: a fetch failed.
        """
        async for page in self._client.pages("/v3/catalog/variants", {"include_fields": "sku,product_id"}):
            for variant in _read(Variant, page, "/v3/catalog/variants"):
                yield variant

    async def customer(self, customer_id: int, observe: Observer | None = None) -> Customer | None:
        """Return what mapping selects on of a customer, or `None` for one that is gone.

        Raises:
            StoreError: the fetch failed.
        """

        async def customers(ids: Sequence[int]) -> dict[int, Customer]:
            items = await self._client.all_pages("/v3/customers", {"id:in": _joined(ids)} | CUSTOMER_PARTS, observe)
            return {customer.id: customer for customer in _read(Customer, items, "/v3/customers")}

        return (await self._customers.get([customer_id], customers)).get(customer_id)


M = TypeVar("M", ProductFacts, Category, Customer, Variant)


def _read(kind: type[M], items: Sequence[Any], path: str) -> list[M]:
    return [fit(kind, item, path) for item in items]


def _joined(ids: Sequence[int]) -> str:
    return ",".join(str(number) for number in ids)
