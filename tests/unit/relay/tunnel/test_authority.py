"""The relay's certificate authority: what it issues, and what it refuses to sign."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.authority import LEAF_LIFE, Authority, peer_of
from mlconnector_relay.tunnel.errors import KeyUnusable, RequestInvalid
from mlconnector_relay.tunnel.registry import InstanceKey

from tests.support.landing import make_csr

KEY = InstanceKey("acme", "agent-1")
RUNTIME = SystemRuntime()


def der_of(pem: str) -> bytes:
    return x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER)


def test_it_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The second start reads what the first one wrote; nobody else can."""
    first, second = Authority.load(tmp_path, RUNTIME), Authority.load(tmp_path, RUNTIME)

    assert first.fingerprint == second.fingerprint
    assert first.certificate_pem == second.certificate_pem
    assert stat.S_IMODE((tmp_path / "authority" / "authority.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "authority").stat().st_mode) == 0o700


def test_of_two_processes_at_once_one_authority_stays(tmp_path: Path) -> None:
    """The slower one takes the faster one's, or half of the agents would trust another listener."""

    class Slow(SystemRuntime):
        faster: Authority

        def token(self, size: int) -> bytes:
            self.faster = Authority.load(tmp_path, RUNTIME)
            return super().token(size)

    slow = Slow()

    assert Authority.load(tmp_path, slow).fingerprint == slow.faster.fingerprint


@pytest.mark.parametrize("kept", [0, 20, 300])
def test_a_damaged_authority_is_named(tmp_path: Path, kept: int) -> None:
    """With its file and what to do; a new one would be believed by no agent."""
    Authority.load(tmp_path, RUNTIME)
    path = tmp_path / "authority" / "authority.pem"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(KeyUnusable, match=r"authority\.pem cannot be used .*restore it"):
        Authority.load(tmp_path, RUNTIME)


def test_an_agents_certificate_names_it(tmp_path: Path) -> None:
    """Whatever subject the request carried: the relay writes it, and what it wrote reads back."""
    authority = Authority.load(tmp_path, RUNTIME)

    issued = authority.issue_client(make_csr("root of everything").csr, KEY)

    peer = peer_of(der_of(issued.pem))
    assert (peer.key, peer.fingerprint) == (KEY, issued.fingerprint)
    certificate = x509.load_pem_x509_certificate(issued.pem.encode())
    assert f"{certificate.serial_number:x}" == issued.serial
    assert issued.not_after - RUNTIME.now() == pytest.approx(LEAF_LIFE, abs=timedelta(minutes=1))
    assert issued.not_before < datetime.now(UTC)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_serials_and_certificates_differ(tmp_path: Path) -> None:
    """The same request twice makes two certificates, revocable one by one."""
    authority, csr = Authority.load(tmp_path, RUNTIME), make_csr().csr

    first, second = authority.issue_client(csr, KEY), authority.issue_client(csr, KEY)

    assert first.serial != second.serial
    assert first.fingerprint != second.fingerprint


def test_requests_that_cannot_be_granted(tmp_path: Path) -> None:
    """No PEM, a broken signature, a key of another kind: refused with the reason."""
    authority = Authority.load(tmp_path, RUNTIME)
    other = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    rsa_csr = builder.sign(other, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    request = x509.load_pem_x509_csr(make_csr().csr.encode())
    forged = bytearray(request.public_bytes(Encoding.DER))
    forged[-1] ^= 1
    forged_pem = x509.load_der_x509_csr(bytes(forged)).public_bytes(Encoding.PEM).decode()

    for csr, complaint in [
        ("", "cannot be read"),
        ("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----", "cannot be read"),
        (forged_pem, "signature"),
        (rsa_csr, "ECDSA"),
    ]:
        with pytest.raises(RequestInvalid, match=complaint):
            authority.issue_client(csr, KEY)


def test_a_certificate_without_names_identifies_nobody() -> None:
    """TLS may have accepted it; it is still no agent."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "agent-1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )

    with pytest.raises(RequestInvalid, match="names no tenant"):
        peer_of(certificate.public_bytes(Encoding.DER))


def test_the_listener_asks_for_certificates(tmp_path: Path) -> None:
    """TLS 1.3 and a certificate of ours, or nothing."""
    context = Authority.load(tmp_path, RUNTIME).server_context(["localhost", "127.0.0.1", "::1"])

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version == ssl.TLSVersion.TLSv1_3


def test_older_authorities_stay_trusted(tmp_path: Path) -> None:
    """Trust is a bundle: the successor's listener accepts what its predecessor issued."""
    old = Authority.load(tmp_path / "old", RUNTIME)
    trusted = tmp_path / "new" / "authority" / "trusted"
    trusted.mkdir(parents=True)
    (trusted / "old.pem").write_text(old.certificate_pem)

    context = Authority.load(tmp_path / "new", RUNTIME).server_context(["localhost"])

    assert len(context.get_ca_certs()) == 2


def test_a_key_of_another_kind_is_not_taken_for_ours(tmp_path: Path) -> None:
    """Somebody put another file there: said so, not signed with."""
    certificate = Authority.load(tmp_path, RUNTIME).certificate_pem
    folder = tmp_path / "authority"
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "authority.pem").write_bytes(pem + certificate.encode())

    with pytest.raises(KeyUnusable, match="holds no ECDSA key"):
        Authority.load(tmp_path, RUNTIME)
