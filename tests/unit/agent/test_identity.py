"""The agent's identity: private files, replaced at once, refused when damaged or exposed."""

from datetime import timedelta
from pathlib import Path

import pytest
from mlconnector_agent.connection.renewal import Renewal
from mlconnector_agent.identity import (
    ClientKey,
    Enrolled,
    Identity,
    NotEnrolled,
    create_private,
    is_private,
    signing_seed,
)
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.authority import Authority
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_shared.frames import Renewed

from tests.support.full_disk import full_disk
from tests.support.virtual import VirtualRuntime, virtual

RUNTIME = SystemRuntime()


class Office:
    """A relay's authority, and an identity it has issued."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority.load(folder / "relay", RUNTIME)
        self.state = folder / "agent"
        self.state.mkdir()
        self.enrolled = Enrolled(
            tenant="acme",
            instance="agent-1",
            sysid="ECC",
            client="100",
            tunnel_url="wss://127.0.0.1:1",
            ca_certificate=self.authority.certificate_pem,
            relay_keys={},
        )

    def issue(self, key: ClientKey) -> str:
        return self.authority.issue_client(key.request("agent-1", "acme"), InstanceKey("acme", "agent-1")).pem

    def save(self) -> Identity:
        key = ClientKey()
        Identity.save(self.state, self.enrolled, key.with_certificate(self.issue(key)), b"s" * 32)
        return Identity.load(self.state)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_what_was_saved_is_loaded(office: Office) -> None:
    """Keys, pinned relay, and a TLS context that trusts the relay's CA and no other."""
    identity = office.save()

    assert identity.enrolled == office.enrolled
    assert identity.signer.public_bytes == Identity.load(office.state).signer.public_bytes
    assert [authority["serialNumber"] for authority in identity.tls().get_ca_certs()] != []
    assert len(identity.tls().get_ca_certs()) == 1
    for file in office.state.iterdir():
        assert is_private(file), file


@pytest.mark.parametrize("name", ["signing.key", "client.pem", "enrolment.json"])
def test_a_missing_file_asks_for_enrolment(office: Office, name: str) -> None:
    """The sentence names the file and the command."""
    office.save()
    (office.state / name).unlink()

    with pytest.raises(NotEnrolled, match=f"{name} is missing.*mlconnector-agent enrol"):
        Identity.load(office.state)


@pytest.mark.parametrize(
    ("name", "content"),
    [("signing.key", "no key"), ("signing.key", "00"), ("client.pem", "no certificate"), ("enrolment.json", "{}")],
)
def test_damaged_files_are_refused(office: Office, name: str, content: str) -> None:
    """Half an identity is none."""
    office.save()
    (office.state / name).write_text(content)

    with pytest.raises(NotEnrolled, match="damaged"):
        Identity.load(office.state)


@pytest.mark.parametrize("name", ["signing.key", "client.pem"])
def test_keys_others_may_read_are_refused(office: Office, name: str) -> None:
    """A key that was exposed is not used in silence."""
    office.save()
    (office.state / name).chmod(0o640)

    with pytest.raises(NotEnrolled, match="chmod 600"):
        Identity.load(office.state)


def test_a_certificate_for_another_key_is_refused(office: Office) -> None:
    """An answer mixed up on the way must not replace what works."""
    with pytest.raises(NotEnrolled, match="another key"):
        ClientKey().with_certificate(office.issue(ClientKey()))


def test_enrolling_again_keeps_the_signing_key(office: Office) -> None:
    """Results signed before stay verifiable; a damaged key is replaced."""
    assert len(signing_seed(office.state, RUNTIME)) == 32
    office.save()
    assert signing_seed(office.state, RUNTIME) == b"s" * 32


@virtual
async def test_renewal_is_asked_for_at_two_thirds_of_life(tmp_path: Path) -> None:
    """Not before; the answer replaces key and certificate at once, an unasked or foreign one nothing."""
    office = Office(tmp_path)
    identity = office.save()
    runtime = VirtualRuntime()
    begins, ends = identity.certificate_life()
    renewal = Renewal(identity, runtime)
    runtime.skew = begins + (ends - begins) * 2 / 3 - runtime.now() - timedelta(seconds=1)
    assert renewal.request() is None
    renewal.renewed(Renewed("unasked"))

    runtime.skew += timedelta(seconds=2)
    before = (office.state / "client.pem").read_bytes()
    assert renewal.request() is not None
    renewal.renewed(Renewed(office.issue(ClientKey())))
    assert renewal.request() is not None
    renewal.renewed(Renewed("no certificate"))
    assert (office.state / "client.pem").read_bytes() == before

    request = renewal.request()
    assert request is not None
    with full_disk():
        renewal.renewed(Renewed(office.authority.issue_client(request.csr, InstanceKey("acme", "agent-1")).pem))
    assert (office.state / "client.pem").read_bytes() == before, "and no session ends by that"

    request = renewal.request()
    assert request is not None
    renewal.renewed(Renewed(office.authority.issue_client(request.csr, InstanceKey("acme", "agent-1")).pem))
    assert (office.state / "client.pem").read_bytes() != before
    assert Identity.load(office.state).tls().get_ca_certs()


def test_of_several_creations_the_first_stays_whole(tmp_path: Path) -> None:
    """Whatever a process that was killed left beside it."""
    (tmp_path / "a.key.x1y2").write_text("half of someth")
    create_private(tmp_path / "a.key", b"first")
    create_private(tmp_path / "a.key", b"second")

    assert (tmp_path / "a.key").read_bytes() == b"first"
    assert is_private(tmp_path / "a.key")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.key", "a.key.x1y2"]
