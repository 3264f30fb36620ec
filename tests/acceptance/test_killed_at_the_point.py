"""Agent, RFC child and relay killed at each point, not near it; started again, every order has exactly one document."""

import os
import signal

import pytest
from mlconnector_sandbox.landscape.processes import LandscapeError

from tests.support.landscape import COMMIT, POST, Site

pytestmark = pytest.mark.timeout(400)


@pytest.mark.parametrize(
    ("point", "phase"),
    [
        ("after_intent", "intent"),
        ("before_post", "called"),
        ("after_post", "called"),
        ("before_commit", "commit_sent"),
        ("after_commit", "commit_sent"),
    ],
)
def test_the_agent_at_its_points(site: Site, point: str, phase: str) -> None:
    """The journal shows the phase that was reached; after the restart the order is posted once."""
    site.failpoint(site.agent, point)
    order = site.place()
    site.is_held(site.agent, point)

    site.agent.kill()

    assert site.phase(order) == phase
    site.start_again(site.agent)
    site.posted_once(order)


def test_the_agent_before_it_wrote_anything_down(site: Site) -> None:
    """Killed while the envelope is on its way: the relay's word is all there is, and it is enough."""
    site.pause_agent()
    order = site.place()
    site.becomes(order, "posting", "in_doubt")

    site.agent.kill()

    with pytest.raises(LandscapeError, match="does not know"):
        site.phase(order)
    site.start_again(site.agent)
    site.posted_once(order)


@pytest.mark.parametrize(
    ("point", "function"),
    [
        ("called", POST),
        ("executed", POST),
        ("called", COMMIT),
        ("commit.requested", ""),
        ("update.started", ""),
        ("update.visible", ""),
        ("update.finished", ""),
        ("executed", COMMIT),
    ],
)
def test_the_agent_while_sap_is_at_a_point(site: Site, point: str, function: str) -> None:
    """SAP is inside the call when the agent dies; what it does with it afterwards is found by reading back."""
    order = site.number()
    hold = site.hold(order, point, function, on_disconnect="wait" if point.startswith("update") else "continue")
    site.place(order)
    hold.reached()

    site.agent.kill()

    if point.startswith("update"):
        hold.release()
    site.start_again(site.agent)
    site.posted_once(order)


@pytest.mark.parametrize(
    ("point", "function", "action"),
    [
        ("called", POST, "drop"),
        ("executed", POST, "drop"),
        ("called", COMMIT, "drop"),
        ("called", COMMIT, "continue"),
        ("commit.requested", "", "drop"),
        ("executed", COMMIT, "drop"),
    ],
)
def test_the_rfc_child(site: Site, point: str, function: str, action: str) -> None:
    """SAP's library crashes inside a call, and SAP goes on or not: one document, and the agent lives on."""
    order = site.number()
    hold = site.hold(order, point, function, on_disconnect=action)
    site.place(order)
    hold.reached()

    for child in site.rfc_children():
        os.kill(child, signal.SIGKILL)

    site.posted_once(order)
    site.agent.must_run()


@pytest.mark.parametrize("point", ["before_intent", "after_intent", "before_result", "after_result"])
def test_the_relay_at_its_points(site: Site, point: str) -> None:
    """Before and after an intent is durable, before and after an outcome is: the restart takes up what is open."""
    site.failpoint(site.relay, point)
    order = site.place()
    site.is_held(site.relay, point)

    site.relay.kill()

    assert len(site.documents(order)) == (1 if point.endswith("result") else 0)
    assert site.state(order) == {"before_intent": "waiting", "after_result": "posted"}.get(point, "posting")
    site.start_again(site.relay)
    site.posted_once(order)


@pytest.mark.parametrize(("point", "function"), [("executed", POST), ("commit.requested", ""), ("executed", COMMIT)])
def test_the_relay_while_the_agent_posts(site: Site, point: str, function: str) -> None:
    """The agent finishes alone and keeps its answer until a relay has recorded it."""
    order = site.number()
    hold = site.hold(order, point, function)
    site.place(order)
    hold.reached()

    site.relay.kill()

    hold.release()
    site.until(lambda: site.phase(order) == "committed" or None, "the agent did not finish alone")
    site.start_again(site.relay)
    site.posted_once(order)


def test_agent_and_relay_together(site: Site) -> None:
    """A power cut takes both between COMMIT and its answer."""
    order = site.number()
    hold = site.hold(order, "executed", COMMIT, on_disconnect="drop")
    site.place(order)
    hold.reached()

    site.relay.kill()
    site.agent.kill()

    site.start_again(site.relay)
    site.start_again(site.agent)
    site.posted_once(order)
