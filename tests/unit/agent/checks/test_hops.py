"""What `check` says about a certificate's life, which renews itself long before its end."""

from datetime import timedelta
from pathlib import Path

import pytest
from mlconnector_agent.checks.findings import Status
from mlconnector_agent.checks.hops import _certificate

from tests.support.virtual import VirtualRuntime, run_virtual
from tests.unit.agent.test_identity import Office


@pytest.mark.parametrize(("days_left", "status"), [(60, Status.PASS), (19, Status.WARN), (-1, Status.FAIL)])
def test_a_certificate_near_its_end_has_failed_to_renew_itself(tmp_path: Path, days_left: int, status: Status) -> None:
    """A warning while there is time, a failure afterwards, each with what to do."""
    identity = Office(tmp_path).save()

    async def look() -> None:
        runtime = VirtualRuntime()
        runtime.skew = identity.certificate_expires() - runtime.now() - timedelta(days=days_left)
        finding = _certificate(identity, runtime)

        assert finding.status is status
        assert bool(finding.remedy) is (status is not Status.PASS)

    run_virtual(look)
