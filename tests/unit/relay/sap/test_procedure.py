"""The procedure documentation says every rule and option of a mapping, also those that come with a new version."""

from pathlib import Path

from mlconnector_relay.sap.company_rules import PurchaseOrders
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.sap.mapping_file import AccountRule, CompanyCode, MappingFile
from mlconnector_relay.sap.procedure import TARGETS, procedure

from tests.support.mappings import a_mapping

EXAMPLE = Path(__file__).parents[4] / "deploy" / "relay" / "mapping.example.toml"


def text_of(text: str) -> str:
    return "\n".join(procedure(load_mapping(text, "shop.toml")))


def test_every_rule_and_option_of_the_example_is_told() -> None:
    """Accounts, selectors, codes, statuses, limits."""
    text = text_of(EXAMPLE.read_text("utf-8"))

    for expected in (
        "| `post` | 11 Awaiting Fulfillment, 9 Awaiting Shipment, 8 Awaiting Pickup, 3 Partially Shipped, ",
        "| `never` | 0 Incomplete | never posted |",
        "| neither | 1 Pending, 4 Refunded, ",
        "| items of one document | 999, ",
        "| refund | DG |",
        "| payment | DZ |",
        "| `rounding_limit` | 0.05 |",
        "| freight | 808000 | 4900 | - |",
        "| accounts[1] | categories 21 | 800000 | 4100 | - |",
        "| A1 | 19 | MWAS | MWS |",
        "| taxes[2] | countries CH, NO; rate 0 | A0 | export |  |",
        "| US | New York | NY |",
        "## Company code 2000",
    ):
        assert expected in text, expected


def test_no_option_is_left_out() -> None:
    """A field that is added to the mapping shows without a change here."""
    text = "\n".join(procedure(a_mapping()))
    shown = {
        *("company_codes", "documents", "accounts", "tax_codes", "taxes", "name", "currency_decimals", "regions"),
        "close_calendar",
        "clearing",
        "triggers",
        "jurisdictions",
    }
    for name, field in MappingFile.model_fields.items():
        if name not in shown:
            for option in type(field.get_default(call_default_factory=True)).model_fields:
                assert f"| `{option}` |" in text, option
    for option in PurchaseOrders.model_fields:
        assert f"| `{option}` |" in text, option
    assert "| `purchase_order` | below |" in text
    for option in CompanyCode.model_fields.keys() - {"document_types"}:
        assert option in TARGETS or f"| `{option}` |" in text, option


def test_every_option_has_its_meaning() -> None:
    """In words, for those who did not write the mapping."""
    for line in procedure(a_mapping()):
        assert not (line.startswith("| `") and line.endswith("|  |")), line
    assert {"freight", "handling", "discount", "rounding"} <= set(TARGETS)
    assert set(AccountRule.model_fields) >= {"skus", "categories", "company_codes"}


def test_rules_for_documents_say_what_they_change() -> None:
    """Only that."""
    rule = '[[documents]]\ncustomer_groups = [2]\ncustomer = "4711"\ndocument_types = { invoice = "RV" }\n'
    text = "\n".join(procedure(a_mapping(more=rule)))
    assert "| documents[0] | customer_groups 2 | customer 4711; document_types invoice RV |" in text


def test_a_rule_without_selectors_is_for_everything_else() -> None:
    """And flags, gaps and bars in names do not break the table."""
    text = text_of(
        """
name = "shop"
[skip]
payment_methods = ["A | B"]
[[company_codes]]
company_code = "1000"
one_time_customer = "99000"
[[accounts]]
gl_account = "800000"
cost_center = ""
priority = 2
[tax_codes.A1]
rate = 19
condition_key = "MWAS"
account_key = "MWS"
[[taxes]]
tax_code = "A1"
"""
    )
    assert "| accounts[0] | priority 2 | 800000 | - | - |" in text
    assert "| taxes[0] | everything else | A1 |  |  |" in text
    assert r"| `payment_methods` | A \| B |" in text
    assert "| `test_transactions` | yes |" in text
    assert "| currency | decimals |" not in text


def test_clearing_accounts_and_holds_are_told() -> None:
    """With what they select, and how the provider's id is shortened."""
    more = """
[[clearing]]
gateways = ["stripe"]
gl_account = "113100"
match_rule = "last"
match_length = 18
[[clearing]]
gl_account = "113900"
match_field = "text"
match_rule = "before"
match_separator = "_"
[[close_calendar]]
hold_from = 2026-12-01T18:00:00
hold_until = 2026-12-03
[[triggers]]
payment_methods = ["Purchase Order"]
invoice_on = "ordered"
[[taxes]]
countries = ["US"]
rate = 8.25
tax_code = "O1"
jurisdiction = "TX4"
[tax_codes.O1]
condition_key = "JR1"
account_key = "MWS"
[jurisdictions.TX4]
levels = [{ jurisdiction = "TX0", rate = 6.25 }, { jurisdiction = "TX4", rate = 2, condition_key = "JR3" }]
"""
    text = "\n".join(procedure(a_mapping(more=more)))
    for expected in (
        "| clearing[0] | gateways stripe | 113100 | its last 18 characters in reference_key_3 (REF_KEY_3, 20 ",
        "| clearing[1] | everything else | 113900 | what stands before '_' in text (ITEM_TEXT, 50 characters) |",
        "| TX4 | 2 | TX4 | 2 | JR3 |  |",
        "| triggers[0] | payment_methods Purchase Order | ordered |",
        "| 2026-12-01 18:00:00 | 2026-12-03 00:00:00 | - | the close calendar |",
    ):
        assert expected in text


def test_a_list_without_statuses_says_so() -> None:
    """Every status is in one of three rows."""
    text = "\n".join(procedure(a_mapping(more="[status]\npost = []\nnever = []\n")))
    assert "| `post` | - |" in text
    assert "| `never` | - |" in text
    assert "| neither | 0 Incomplete, 1 Pending, " in text
    everything = ", ".join(str(place) for place in range(15))
    assert "| neither | - |" in "\n".join(procedure(a_mapping(more=f"[status]\npost = [{everything}]\nnever = []\n")))
