"""What the mapping does not know is parked with its cause; adding it releases exactly what it blocked."""

from typing import Any

import pytest

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)

GARDEN = '\n[[accounts]]\ncategories = [34]\ngl_account = "800300"\ncost_center = "4300"\n'
AUSTRIA = '\n[[taxes]]\ncountries = ["AT"]\nrate = 7\ntax_code = "A2"\n'

IN_AUSTRIA: dict[str, Any] = {
    "destinations": [
        {
            "address": {
                "country": "Austria",
                "country_iso2": "AT",
                "city": "Graz",
                "zip": "8010",
                "state": "Steiermark",
            },
            "shipping": "0",
        }
    ]
}


def test_a_mapping_releases_exactly_what_it_cures(site: Site) -> None:
    """Two causes, four orders: each rule that is added posts the orders that lacked it alone, without a command."""
    garden = [{"product_id": 125}]
    abroad = [{"product_id": 111, "rates": [{"percent": "7", "name": "USt"}]}]
    both = [{**garden[0], "rates": abroad[0]["rates"]}]
    first, second = site.place(lines=garden), site.place(lines=garden)
    taxed = site.place(lines=abroad, **IN_AUSTRIA)
    twice = site.place(lines=both, **IN_AUSTRIA)

    rows = {order: site.becomes(order, "parked") for order in (first, second, taxed, twice)}

    assert "category 34" in rows[first]["reason"]
    assert rows[first]["owner"] == "finance"
    assert "AT" in rows[taxed]["reason"]
    causes = {order: {one["cause"] for one in site.show(order)["waits_for"]} for order in rows}
    assert causes[first] == causes[second]
    assert causes[twice] >= causes[taxed] | causes[first]
    alerts = [alert["key"] for alert in site.ask("alerts", "list", "--json")]
    assert [alerts.count(cause) for cause in causes[twice]] == [1] * len(causes[twice])

    _add(site, GARDEN)
    site.posted_once(first, second)
    site.stays(taxed, 2.0, "parked")
    assert site.state(twice) == "parked"
    assert site.documents(taxed) == site.documents(twice) == []

    _add(site, AUSTRIA)
    site.posted_once(taxed, twice)
    assert not causes[twice] & {alert["key"] for alert in site.ask("alerts", "list", "--json")}


def test_a_broken_mapping_changes_nothing(site: Site) -> None:
    """A file that cannot be read, or is wrong, leaves the mapping in force that was in force."""
    _add(site, '\n[[accounts]]\ncategories = "all"\n')
    site.posted_once(site.place())


def _add(site: Site, rule: str) -> None:
    with site.landscape.mapping_file.open("a", encoding="utf-8") as mapping:
        mapping.write(rule)
