"""Disks that are full, and a journal that was copied back: nothing is posted twice, nothing is lost."""

import json
import shutil
import time

import pytest
from mlconnector_sandbox.landscape.landscape import INSTANCE, TENANT

from tests.support.full_disk import full_disk
from tests.support.landscape import COMMIT, Site

pytestmark = pytest.mark.timeout(400)


def test_the_agent_s_disk_is_full(site: Site) -> None:
    """What cannot be written down is not posted; with room again it is, without anybody's help."""
    with full_disk(site.agent.pid):
        order = site.place()
        site.becomes(order, "waiting", "posting", "in_doubt")
        time.sleep(4)
        assert site.documents(order) == []
        site.agent.must_run()
    site.posted_once(order)


def test_the_relay_s_disk_is_full_when_the_document_is_posted(site: Site) -> None:
    """The result is told until it is recorded, and an order whose callback was turned away meanwhile is posted too."""
    order = site.number()
    hold = site.hold(order, "executed", COMMIT)
    site.place(order)
    hold.reached()
    with full_disk(site.relay.pid):
        hold.release()
        turned_away = site.place()
        time.sleep(4)
        assert site.state(order) in {"posting", "in_doubt"}
        assert site.state(turned_away) == ""
        site.relay.must_run()
    site.posted_once(order, turned_away)


def test_a_journal_that_was_copied_back_posts_nothing(site: Site) -> None:
    """It has forgotten what it did: the agent may read until a person releases it; what waited is posted after that."""
    folder, copy = site.landscape.state / "agent", site.landscape.state / "copy"
    site.agent.stop()
    shutil.copytree(folder, copy)
    site.start_again(site.agent)
    before = site.place()
    site.posted_once(before)

    site.agent.stop()
    shutil.rmtree(folder)
    copy.rename(folder)
    site.start_again(site.agent)
    site.until(lambda: state_of(site) == "quarantined" or None, "the agent is not quarantined")
    order = site.place()
    site.becomes(order, "waiting")
    site.stays(order, 4.0, "waiting")
    assert site.documents(order) == []

    why = ("--by", "ann", "--reason", "the journal was restored")
    site.landscape.relay_command("agent", "release", INSTANCE, "--tenant", TENANT, *why)
    site.posted_once(before, order)


def state_of(site: Site) -> str:
    """Return how the relay says the agent stands."""
    [agent] = json.loads(site.landscape.relay_command("agent", "list", "--json"))
    return str(agent["state"])
