"""What kind of store is simulated: country, currency, tax zones, and whether prices include tax."""

from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec

from .arithmetic import Estimate, FeePlace, Rate, Rounding, Terms
from .behaviour import Behaviour
from .money import currency_decimals, quantum

__all__ = [
    "ForeignCurrency",
    "Person",
    "ProfileError",
    "StoreProfile",
    "TaxClass",
    "TaxRate",
    "TaxZone",
    "TimeZone",
    "load_profile",
]


class ProfileError(ValueError):
    """A profile file cannot be used; the message says where and why."""


class TimeZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The store's time zone as `/v2/store` shows it, offsets in seconds."""

    name: str
    raw_offset: int
    dst_offset: int
    dst_correction: bool


class TaxClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tax class of the control panel."""

    id: int
    name: str


class TaxRate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one tax of a zone takes from the classes it applies to."""

    id: int
    name: str
    percent: Decimal
    classes: tuple[int, ...]
    priority: int = 1


class TaxZone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Countries, or states of a country, with common rates; the last zone without countries is everywhere else."""

    name: str
    countries: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    rates: tuple[TaxRate, ...] = ()

    def covers(self, country: str, state: str) -> bool:
        """Tell whether an address lies in this zone."""
        return (not self.countries or country in self.countries) and (not self.states or state in self.states)


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who orders here."""

    first_name: str
    last_name: str
    street_1: str
    city: str
    zip: str
    country: str
    country_iso2: str
    email: str
    phone: str = ""
    company: str = ""
    street_2: str = ""
    state: str = ""
    group: int = 0
    guest: bool = False
    vat_id: str = ""
    tax_exempt_category: str = ""


class ForeignCurrency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A currency besides the store's own; the rate is how much of it one unit of the store's is.

    Prices can be shown in any; only a transactional one can be charged.
    """

    code: str
    name: str
    symbol: str
    rate: Decimal
    transactional: bool = True


class StoreProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything about a store that orders depend on."""

    name: str
    country: str
    country_code: str
    currency: str
    currency_symbol: str
    language: str
    time_zone: TimeZone
    prices_include_tax: bool
    tax_classes: tuple[TaxClass, ...]
    tax_zones: tuple[TaxZone, ...]
    people: tuple[Person, ...]
    rounding: Rounding = Rounding.RATE
    estimate: Estimate = Estimate.CHARGED
    fee_place: FeePlace = FeePlace.TOTAL
    shipping_coupon: Literal["shipping", "coupon"] = "shipping"
    tenders_in_total: Literal["full", "reduced"] = "full"
    symbol_location: Literal["left", "right"] = "left"
    decimal_separator: str = "."
    thousands_separator: str = ","
    price_factor: Decimal = Decimal(1)
    plan: str = "Enterprise"
    currencies: tuple[ForeignCurrency, ...] = ()
    vat_field: str = "VAT ID"
    behaviour: Behaviour = Behaviour()

    def terms(self, currency: str | None = None) -> Terms:
        """Give the terms of an order charged in a currency, the store's by default."""
        return Terms(
            includes_tax=self.prices_include_tax,
            step=quantum(currency or self.currency),
            rounding=self.rounding,
            estimate=self.estimate,
            fee_place=self.fee_place,
        )

    def foreign(self, code: str) -> ForeignCurrency | None:
        """Give a currency that is not the store's own, if the store has it."""
        return next((entry for entry in self.currencies if entry.code == code), None)

    def currency_id(self, code: str) -> int:
        """Give the number of a currency: the store's own is 1, as is one it does not have."""
        codes = [self.currency, *(entry.code for entry in self.currencies)]
        return codes.index(code) + 1 if code in codes else 1

    def rates(self, tax_class: int, country: str, state: str) -> tuple[Rate, ...]:
        """Give the rates of a tax class at an address."""
        for zone in self.tax_zones:
            if zone.covers(country, state):
                return tuple(
                    Rate(rate.id, rate.name, rate.percent, rate.priority)
                    for rate in zone.rates
                    if tax_class in rate.classes
                )
        return ()

    def tax_class_name(self, tax_class: int) -> str:
        """Name a tax class as tax rows do."""
        return next((entry.name for entry in self.tax_classes if entry.id == tax_class), "Default Tax Class")

    @property
    def decimals(self) -> int:
        """Tell how many decimals the store's currency has."""
        return currency_decimals(self.currency)


def load_profile(name: str) -> StoreProfile:
    """Load a packaged profile by name, or a TOML file by path.

    Raises:
        ProfileError: There is no such profile, or the file does not fit.
    """
    packaged = files(__package__) / "profiles" / f"{name}.toml"
    source = packaged if packaged.is_file() else Path(name)
    if not source.is_file():
        known = sorted(entry.name.removesuffix(".toml") for entry in (files(__package__) / "profiles").iterdir())
        raise ProfileError(f"no profile {name!r}: give the path of a TOML file or one of {', '.join(known)}")
    try:
        profile = msgspec.toml.decode(source.read_bytes(), type=StoreProfile, strict=False)
        for code in (profile.currency, *(entry.code for entry in profile.currencies)):
            currency_decimals(code)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ProfileError(f"profile {name}: {error}") from error
    return profile
