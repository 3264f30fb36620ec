"""Types of products that the catalog has and the tax rules leave out are found by day."""

from mlconnector_relay.sap.catalogue_check import CatalogueProduct, check_catalogue
from mlconnector_relay.sap.facts import LineFacts
from mlconnector_relay.sap.findings import Finding

from tests.support.mappings import a_mapping

CODES = """
[vat_ids]
attributes = [7]
[tax_codes.T1]
rate = 20
condition_key = "MWAS"
account_key = "MWS"
[tax_codes.O0]
condition_key = "UTXJ"
account_key = "MWS"
"""
HOME = '[[taxes]]\ncountries = ["AT"]\ntax_code = "T1"\nproduct_types = ["physical"]\n'


def check(rules: str, *types: str) -> list[Finding]:
    """Return what a catalog with products of some types lacks."""
    products = [CatalogueProduct(kind, LineFacts("", product_type=kind)) for kind in types]
    return check_catalogue(a_mapping(more=CODES + rules), "abc123", products)


def test_a_type_that_only_other_types_have_a_code_for_is_told() -> None:
    """Once for all products of the type, with what to add."""
    (finding,) = check(HOME, "physical", "digital")
    assert (finding.check, finding.severity, finding.examples) == ("catalogue", "warning", ("digital",))
    assert finding.sentence == "no tax code for 20 % in AT, digital, company code 1000; add a [[taxes]] rule"
    assert check(HOME, "physical") == check("", "digital") == []
    assert check(HOME + HOME.replace("physical", "digital"), "physical", "digital") == []


def test_it_is_asked_with_everything_else_the_rule_selects_on() -> None:
    """Without tax, too; where neither rule nor code say a rate, any is asked."""
    abroad = """
[[taxes]]
countries = ["NO"]
rate = 0
reason = "export"
vat_id_countries = ["NO"]
product_types = ["physical"]
customer_groups = [4]
tax_code = "A0"
[[taxes]]
countries = ["US"]
regions = ["Texas"]
product_types = ["physical"]
company_codes = ["1000"]
tax_code = "O0"
liability_account = "176000"
"""
    assert [finding.sentence.partition(";")[0] for finding in check(abroad, "digital")] == [
        "no tax code for 0 % in NO, VAT id of NO, customer group 4, digital, company code 1000",
        "no tax code for 1 % in US Texas, digital, company code 1000",
    ]


def test_rules_of_company_codes_that_do_not_serve_the_store_are_not_asked() -> None:
    """Their orders come from elsewhere."""
    other = '[[company_codes]]\ncompany_code = "2000"\nstores = ["other"]\none_time_customer = "1"\n'
    assert check(HOME + 'company_codes = ["2000"]\n' + other, "digital") == []
