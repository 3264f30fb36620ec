"""A mapping that posts every order of the tests, and the store it is asked for."""

from datetime import UTC, datetime

from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.mapping import Mapping, load_mapping
from mlconnector_relay.sap.reference import Kind, StepId

__all__ = ["MAPPING", "STEP", "STORE", "a_mapping", "without"]

STORE = StoreFacts("acme", "abc123", "B1", datetime(2026, 1, 1, tzinfo=UTC), timezone="Europe/London")
STEP = StepId("acme", "abc123", 1000123, Kind.INVOICE)

MAPPING = """\
name = "shop"

[[company_codes]]
company_code = "1000"
timezone = "Europe/Berlin"
language = "DE"
one_time_customer = "99000"
rounding_limit = "0.02"
freight = { gl_account = "808000", cost_center = "4900" }
handling = { gl_account = "808100", cost_center = "4900" }
wrapping = { gl_account = "808200", cost_center = "4900" }
fee = { gl_account = "808300", cost_center = "4900" }
gift_certificate = { gl_account = "176500", cost_center = "" }
store_credit = { gl_account = "176600", cost_center = "" }
discount = { gl_account = "888000", cost_center = "4100" }
rounding = { gl_account = "898000", cost_center = "4900" }

[[accounts]]
gl_account = "800900"
cost_center = "4100"

[[accounts]]
categories = [21]
gl_account = "800000"
cost_center = "4200"

[[accounts]]
categories = [22]
gl_account = "800100"
cost_center = "PACK"

[tax_codes.A0]
rate = 0
condition_key = "MWAS"
account_key = "MWS"

[tax_codes.A1]
rate = 19
condition_key = "MWAS"
account_key = "MWS"

[tax_codes.A2]
rate = 7
condition_key = "MWAS"
account_key = "MWS"

[[taxes]]
countries = ["DE"]
rate = 19
tax_code = "A1"

[[taxes]]
countries = ["DE"]
rate = 7
tax_code = "A2"

[[taxes]]
countries = ["DE"]
rate = 0
reason = "zero_rated"
tax_code = "A0"
"""


def a_mapping(*changes: tuple[str, str], more: str = "") -> Mapping:
    """Return the mapping with texts replaced and sections added."""
    text = MAPPING
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return load_mapping(text + "\n" + more, "shop.toml")


def without(line: str) -> tuple[str, str]:
    """Return the change that takes a line out."""
    return (line + "\n", "")
