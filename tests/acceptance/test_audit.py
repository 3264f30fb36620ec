"""After a run both audit trails hold; a record that is altered afterwards is named."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from mlconnector_sandbox.landscape.processes import LandscapeError, run_command

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)


def test_the_relays_trail(site: Site, tmp_path: Path) -> None:
    """Every record agrees with the chain, and the agent has witnessed it; one changed field is found and named."""
    order = site.place()
    site.posted_once(order)
    site.until(lambda: site.ask("audit", "verify", "--json")["demo"]["unsealed"] == 0 or None, "never sealed")
    copy = tmp_path / "relay.db"
    with sqlite3.connect(site.landscape.state / "relay" / "relay.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
        ((record,),) = target.execute(
            "SELECT record_id FROM audit_records WHERE kind = 'document.built' AND subject LIKE ?", (f"%/{order}",)
        ).fetchall()
        target.execute(
            "UPDATE audit_records SET fields = replace(fields, '48.00', '84.00') WHERE record_id = ?", (record,)
        )
    source.close()
    target.close()
    verify = ("mlconnector_relay", "--config", str(site.landscape.relay_config), "audit", "verify")

    assert "agree with the chain" in run_command(verify)
    with pytest.raises(LandscapeError, match=record):
        run_command(verify, {"MLCONNECTOR_RELAY_DATABASE__URL": f"sqlite+aiosqlite:///{copy}"})


def test_the_agents_trail(site: Site, tmp_path: Path) -> None:
    """The agent's own record is intact; one changed answer is found and named."""
    site.posted_once(site.place())
    verify = ("mlconnector_agent", "--config", str(site.landscape.agent_config), "audit", "verify", "--json")
    intact = json.loads(run_command(verify))
    assert (intact["intact"], intact["records"] > 5) == (True, True)

    site.agent.stop()
    copy = tmp_path / "agent"
    shutil.copytree(site.landscape.state / "agent", copy)
    with sqlite3.connect(copy / "journal.db") as altered:
        altered.execute("UPDATE audit_records SET content = replace(content, '1000', '2000') WHERE sequence = 5")
        altered.execute("UPDATE audit_records SET content = content || ' ' WHERE sequence = 5")
    altered.close()

    with pytest.raises(LandscapeError, match='"record": 5'):
        run_command(verify, {"MLCONNECTOR_AGENT_AGENT__STATE_DIR": str(copy)})
