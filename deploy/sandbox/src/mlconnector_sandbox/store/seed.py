"""The catalogue, groups and customers a new store begins with."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from uuid import NAMESPACE_URL, uuid5

import msgspec

from .money import FOUR_PLACES, quantum, round_to
from .profile import Person, StoreProfile
from .tenders import new_certificate, with_credit
from .wire import Json

__all__ = [
    "SEEDED_AT",
    "TREE_ID",
    "blank",
    "seed_brands",
    "seed_categories",
    "seed_channels",
    "seed_companies",
    "seed_customers",
    "seed_groups",
    "seed_products",
    "seed_segments",
]

TREE_ID = 1
SEEDED_AT = "2024-01-15T09:00:00Z"
FIRST_CUSTOMER = 1
FIRST_COMPANY = 500
FIRST_CREDIT = Decimal(250)


class _Category(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: int
    name: str
    parent: int = 0


class _Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: int
    sku: str
    name: str
    price: Decimal
    categories: tuple[int, ...]
    type: str = "physical"
    tax_class: int = 0
    brand: int = 0


class _Catalogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: tuple[str, ...]
    brands: tuple[str, ...]
    categories: tuple[_Category, ...]
    products: tuple[_Product, ...]


def _catalogue() -> _Catalogue:
    return msgspec.toml.decode((files(__package__) / "catalogue.toml").read_bytes(), type=_Catalogue)


def _slug(name: str) -> str:
    return "/" + "-".join("".join(char if char.isalnum() else " " for char in name.lower()).split()) + "/"


def blank(kind: str, key: int) -> Json:
    """Write a complete document of a kind that says nothing yet."""
    nobody = Person("New", "Customer", "", "", "", "", "", f"customer-{key}@example.org")
    blanks: dict[str, Callable[[], Json]] = {
        "products": lambda: _product(_Product(key, "", f"Product {key}", Decimal(0), ()), Decimal(0)),
        "categories": lambda: _category(_Category(key, f"Category {key}")),
        "customers": lambda: {**_customer(key, nobody), "addresses": [], "address_count": 0},
        "groups": lambda: _group(key, f"Group {key}", is_default=False),
        "brands": lambda: _brand(key, f"Brand {key}"),
        "channels": lambda: _channel(key, f"Channel {key}"),
        "segments": lambda: _segment(key, f"Segment {key}"),
        "companies": lambda: _company(key, nobody, ()),
        "gift_certificates": lambda: new_certificate(key, {}, Decimal(0), datetime.now(UTC), active=True),
    }
    return blanks[kind]()


def seed_categories() -> list[Json]:
    """Write the categories of the only tree."""
    return [_category(entry) for entry in _catalogue().categories]


def _category(entry: _Category) -> Json:
    return {
        "category_id": entry.id,
        "category_uuid": str(uuid5(NAMESPACE_URL, f"category {entry.id}")),
        "parent_id": entry.parent,
        "tree_id": TREE_ID,
        "name": entry.name,
        "description": "",
        "views": 0,
        "sort_order": 0,
        "page_title": entry.name,
        "meta_keywords": [],
        "meta_description": "",
        "layout_file": "category.html",
        "image_url": "",
        "is_visible": True,
        "search_keywords": "",
        "default_product_sort": "use_store_settings",
        "url": {"path": _slug(entry.name), "is_customized": False},
    }


def seed_products(profile: StoreProfile) -> list[Json]:
    """Write the products, priced for the profile; a price may have more decimals than its currency, if that has any."""
    step = FOUR_PLACES if profile.decimals else Decimal(1)
    return [_product(entry, round_to(entry.price * profile.price_factor, step)) for entry in _catalogue().products]


def _product(entry: _Product, price: Decimal) -> Json:
    weight = 1 if entry.type == "physical" else 0
    return {
        "id": entry.id,
        "name": entry.name,
        "type": entry.type,
        "sku": entry.sku,
        "description": "",
        "weight": weight,
        "width": 0,
        "depth": 0,
        "height": 0,
        "price": price,
        "cost_price": 0,
        "retail_price": 0,
        "sale_price": 0,
        "map_price": 0,
        "tax_class_id": entry.tax_class,
        "product_tax_code": "",
        "calculated_price": price,
        "categories": list(entry.categories),
        "brand_id": entry.brand,
        "inventory_level": 0,
        "inventory_warning_level": 0,
        "inventory_tracking": "none",
        "is_visible": True,
        "is_featured": False,
        "availability": "available",
        "condition": "New",
        "sort_order": 0,
        "upc": "",
        "mpn": "",
        "gtin": "",
        "date_created": SEEDED_AT,
        "date_modified": SEEDED_AT,
        "base_variant_id": entry.id + 1000,
        "custom_url": {"url": _slug(entry.name), "is_customized": False},
    }


def seed_groups() -> list[Json]:
    """Write the customer groups; the first is what a customer without a group would fall into."""
    return [_group(number, name, is_default=number == 1) for number, name in enumerate(_catalogue().groups, 1)]


def _group(number: int, name: str, *, is_default: bool) -> Json:
    return {
        "id": number,
        "name": name,
        "is_default": is_default,
        "category_access": {"type": "all"},
        "discount_rules": [],
        "is_group_for_guests": False,
        "date_created": SEEDED_AT,
        "date_modified": SEEDED_AT,
    }


def seed_brands() -> list[Json]:
    """Write the brands."""
    return [_brand(number, name) for number, name in enumerate(_catalogue().brands, 1)]


def _brand(number: int, name: str) -> Json:
    return {
        "id": number,
        "name": name,
        "page_title": name,
        "meta_keywords": [],
        "meta_description": "",
        "search_keywords": "",
        "image_url": "",
        "custom_url": {"url": _slug(name), "is_customized": False},
    }


def seed_channels() -> list[Json]:
    """Write the channels: the storefront every store has."""
    return [_channel(1, "Storefront")]


def _channel(number: int, name: str) -> Json:
    return {
        "id": number,
        "external_id": "",
        "is_listable_from_ui": True,
        "is_enabled": True,
        "is_visible": True,
        "status": "active",
        "name": name,
        "type": "storefront",
        "platform": "bigcommerce",
        "date_created": SEEDED_AT,
        "date_modified": SEEDED_AT,
        "icon_url": "https://store.example/icon.png",
    }


def seed_segments() -> list[Json]:
    """Write the customer segments; the members stand in the segment, by their customer numbers."""
    return [{**_segment(1, "Loyal customers"), "customer_ids": [1]}, _segment(2, "Press")]


def _segment(number: int, name: str) -> Json:
    return {
        "number": number,
        "id": str(uuid5(NAMESPACE_URL, f"segment {number}")),
        "name": name,
        "description": "",
        "created_at": SEEDED_AT,
        "updated_at": SEEDED_AT,
        "customer_ids": [],
    }


def seed_companies(profile: StoreProfile) -> list[Json]:
    """Write a company account of the B2B Edition for every customer who has a company."""
    members = [person for person in profile.people if not person.guest]
    found = [(number, person) for number, person in enumerate(members, FIRST_CUSTOMER) if person.company]
    return [_company(key, person, (number,)) for key, (number, person) in enumerate(found, FIRST_COMPANY)]


def _company(key: int, person: Person, customer_ids: tuple[int, ...]) -> Json:
    terms = {"fieldName": "Payment Terms", "fieldValue": "Net 30", "labelName": "Payment Terms"}
    kind = {"isRequired": "0", "dataType": "0", "fieldType": 0}
    return {
        "companyId": key,
        "companyName": person.company,
        "companyEmail": person.email,
        "companyPhone": person.phone,
        "catalogId": "",
        "catalogName": "",
        "bcGroupName": "",
        "bcGroupId": str(person.group),
        "companyStatus": "1",
        "parentCompany": {},
        "priceListAssign": [],
        "extraFields": [{**terms, **kind}],
        "uuid": str(uuid5(NAMESPACE_URL, f"company {key}")),
        "createdAt": SEEDED_AT,
        "updatedAt": SEEDED_AT,
        "customer_ids": list(customer_ids),
        "payment_terms": {"isEnabled": True, "paymentTerms": 30},
    }


def seed_customers(profile: StoreProfile) -> list[Json]:
    """Write an account, with one address and some store credit, for everybody who does not order as a guest."""
    members = [person for person in profile.people if not person.guest]
    credit = round_to(FIRST_CREDIT * profile.price_factor, quantum(profile.currency))
    return [
        with_credit(_customer(number, person, profile.vat_field), credit)
        for number, person in enumerate(members, FIRST_CUSTOMER)
    ]


def _form_fields(number: int, person: Person, vat_field: str) -> list[Json]:
    return [{"name": vat_field, "value": person.vat_id, "customer_id": number}] if person.vat_id else []


def _customer(number: int, person: Person, vat_field: str = "") -> Json:
    return {
        "id": number,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": person.company,
        "phone": person.phone,
        "notes": "",
        "tax_exempt_category": person.tax_exempt_category,
        "customer_group_id": person.group,
        "registration_ip_address": "",
        "date_created": SEEDED_AT,
        "date_modified": SEEDED_AT,
        "address_count": 1,
        "attribute_count": 0,
        "authentication": {"force_password_reset": False},
        "addresses": [_customer_address(number, person)],
        "attributes": [],
        "form_fields": _form_fields(number, person, vat_field),
        "store_credit_amounts": [{"amount": Decimal(0)}],
        "accepts_product_review_abandoned_cart_emails": False,
        "origin_channel_id": 1,
        "channel_ids": [1],
    }


def _customer_address(number: int, person: Person) -> Json:
    return {
        "id": number,
        "customer_id": number,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company": person.company,
        "address1": person.street_1,
        "address2": person.street_2,
        "city": person.city,
        "state_or_province": person.state,
        "postal_code": person.zip,
        "country_code": person.country_iso2,
        "country": person.country,
        "phone": person.phone,
        "address_type": "commercial" if person.company else "residential",
    }
