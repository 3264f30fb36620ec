"""What Basis does not permit the agent refuses: with the rule, for everybody to see, and SAP never hears of it."""

import pytest

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)


def test_more_than_a_document_may_have(site: Site) -> None:
    """An amount above the policy's limit is refused by rule `amount`, and stands so in the order's trace."""
    order = site.place(lines=[{"product_id": 111, "quantity": 3000}])

    _is_refused(site, order, "amount")

    assert "100000" in site.orders()[order]["reason"]


@pytest.mark.parametrize(
    ("rule", "old", "new"),
    [
        ("function_module", '"BAPI_ACC_DOCUMENT_POST",', ""),
        ("company_code", '["1000", "2000", "3000", "4000"]', '["2000"]'),
    ],
)
def test_what_the_policy_does_not_name(site: Site, rule: str, old: str, new: str) -> None:
    """The refusal names its rule; once Basis permits it and somebody asks for it, the order is posted once."""
    site.reconfigure_agent(old, new)
    order = site.place()

    _is_refused(site, order, rule)

    site.reconfigure_agent()
    site.landscape.relay_command("orders", "reprocess", str(order))
    site.posted_once(order)


def _is_refused(site: Site, order: int, rule: str) -> None:
    row = site.becomes(order, "parked")
    assert f"the agent refused: {rule}" in row["reason"]
    assert row["owner"] == "basis"
    assert f"rule {rule}" in site.trace(order)
    assert site.events(site.relay, "posting.refused")[-1]["rule"] == rule
    assert f"gate:{rule}" in {alert["key"] for alert in site.ask("alerts", "list", "--json")}
    assert site.documents(order) == []
