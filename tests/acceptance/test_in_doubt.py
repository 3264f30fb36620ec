"""Silence is in doubt, never failed: every way SAP's answer is lost, late or taken back ends with one document."""

from typing import Any

import pytest

from tests.support.landscape import COMMIT, POST, Site, reference

pytestmark = pytest.mark.timeout(400)


def test_the_answer_is_lost_after_a_successful_commit(site: Site) -> None:
    """The document is found by reading back, and nothing is posted again."""
    order = site.number()
    site.fault(order, "executed", "drop", COMMIT)
    site.place(order)

    site.becomes(order, "in_doubt")
    site.posted_once(order)

    assert "proven_present" in site.trace(order)


def test_the_connection_is_lost_before_commit_began(site: Site) -> None:
    """The document is proven absent, then posted anew."""
    order = site.number()
    site.fault(order, "called", "drop", COMMIT)
    site.place(order)

    site.becomes(order, "in_doubt")
    site.posted_once(order)

    assert "proven_absent" in site.trace(order)


@pytest.mark.parametrize("restarted", ["agent", "relay", "none"])
def test_the_update_is_delayed_beyond_a_restart(site: Site, restarted: str) -> None:
    """As long as SAP's update waits nothing is absent; when it runs at last, that is the one document."""
    order = site.number()
    site.ecc("PUT", "/update", {"running": False})
    site.fault(order, "commit.requested", "drop")
    site.place(order)
    site.becomes(order, "in_doubt")

    if restarted != "none":
        process = site.agent if restarted == "agent" else site.relay
        process.kill()
        site.start_again(process)
    site.stays(order, 6.0, "in_doubt", "posting")
    assert site.documents(order) == []

    site.ecc("PUT", "/update", {"running": True})
    site.posted_once(order)


@pytest.mark.parametrize("lost", [True, False])
def test_the_update_aborts_after_it_was_visible(site: Site, lost: bool) -> None:
    """What everybody could read for a while is gone again: it never counted, and a person tidies up the update."""
    order = site.number()
    site.fault(order, "update.visible", "abort", seconds=3)
    if lost:
        site.fault(order, "commit.requested", "drop")
    site.place(order)
    site.until(lambda: site.documents(order) or None, "the update did not become visible")

    (request,) = site.until(lambda: _failed_updates(site, order) or None, "the update did not abort")
    assert site.documents(order) == []
    site.stays(order, 5.0, "in_doubt", "posting")

    site.ecc("DELETE", f"/update/{request['key']}")
    site.posted_once(order)


def test_an_aborted_update_is_repeated(site: Site) -> None:
    """The person runs the failed update again instead: that is the one document."""
    order = site.number()
    site.fault(order, "update.visible", "abort")
    site.place(order)
    site.becomes(order, "in_doubt")
    (request,) = site.until(lambda: _failed_updates(site, order) or None, "the update did not abort")

    site.ecc("POST", f"/update/{request['key']}/repeat")

    site.posted_once(order)


def test_the_reference_was_posted_by_hand_before(site: Site) -> None:
    """The look-up finds somebody else's document: it is shown as a conflict, and not doubled."""
    order = site.number()
    _post_by_hand(site, order)

    site.place(order)

    row = site.becomes(order, "parked")
    assert (row["owner"], "a person must decide" in row["reason"]) == ("finance", True)
    assert any(f"/{order}/" in alert["key"] for alert in site.ask("alerts", "list", "--json"))
    assert len(site.documents(order)) == 1


def test_the_reference_is_posted_by_hand_behind_our_back(site: Site) -> None:
    """Our COMMIT never arrived, and meanwhile somebody posted under our reference: seen, reported, not doubled."""
    order = site.number()
    hold = site.hold(order, "called", COMMIT, action="drop")
    site.place(order)
    hold.reached()
    hold.release()
    site.becomes(order, "in_doubt")
    _post_by_hand(site, order)

    row = site.becomes(order, "parked")

    site.stays(order, 3.0, "parked")
    assert "a person must decide" in row["reason"]
    assert any(f"/{order}/" in alert["key"] for alert in site.ask("alerts", "list", "--json"))
    assert len(site.documents(order)) == 1


@pytest.mark.parametrize(("point", "function"), [("called", POST), ("executed", POST)])
def test_the_agent_is_frozen_between_check_and_commit(site: Site, point: str, function: str) -> None:
    """The relay gives up on a frozen agent and shows doubt; the agent wakes up and goes on: one document."""
    order = site.number()
    hold = site.hold(order, point, function)
    site.place(order)
    hold.reached()

    site.pause_agent()
    hold.release()
    site.becomes(order, "in_doubt")
    assert site.documents(order) == []

    site.resume_agent()
    site.posted_once(order)


def test_the_agent_is_frozen_longer_than_its_envelope_lives(site: Site) -> None:
    """The envelope's life ends while the agent sleeps: it rolls back, and the order is posted by a new envelope."""
    site.start_again_with_short_envelopes(seconds=5)
    order = site.number()
    hold = site.hold(order, "executed", POST)
    site.place(order)
    hold.reached()

    site.pause_agent()
    hold.release()
    site.becomes(order, "in_doubt")
    site.stays(order, 5.0, "in_doubt", "posting")

    site.resume_agent()
    site.posted_once(order)
    assert "expired" in site.trace(order)


def _failed_updates(site: Site, order: int) -> list[dict[str, Any]]:
    requests = site.ecc("GET", "/update")["requests"]
    return [one for one in requests if one["state"] == "failed" and reference(order) in one["references"]]


def _post_by_hand(site: Site, order: int) -> None:
    (any_of_ours, *_) = site.ecc("GET", "/documents?limit=1")["documents"]
    lines = [
        {"customer": "4711", "amount": "119.00"},
        {"account": "800000", "amount": "-100.00", "tax_code": "A1", "cost_center": "4100"},
        {"tax_code": "A1", "amount": "-19.00", "base": "-100.00"},
    ]
    document = {
        "company_code": "1000",
        "document_type": "DR",
        "posting_date": any_of_ours["posting_date"],
        "reference": reference(order),
        "currency": "EUR",
        "lines": lines,
        "user": "MUELLER",
    }
    site.ecc("POST", "/documents", document)
