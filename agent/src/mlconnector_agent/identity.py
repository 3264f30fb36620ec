"""Who this agent is: its signing key, its client key and certificate, and what it learned at enrolment.

`signing.key` and `client.pem` are secret and have mode 0600; `client.pem` holds key and certificate together, so that
a renewal replaces both at once. `enrolment.json` is what else the agent pins.
"""

import base64
import contextlib
import os
import ssl
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from mlconnector_shared.envelope import Audience
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, Trust, public_from_bytes

__all__ = [
    "ClientKey",
    "Enrolled",
    "Identity",
    "NotEnrolled",
    "create_private",
    "is_private",
    "signing_seed",
    "write_private",
]

SEED_BYTES: Final = 32
_ENROLMENT: Final = "enrolment.json"
_CLIENT: Final = "client.pem"
_SIGNING: Final = "signing.key"


class NotEnrolled(ConnectorError):
    """The agent has no identity yet, or its files do not fit together."""


class Enrolled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the relay told at enrolment, pinned from then on."""

    tenant: str
    instance: str
    sysid: str
    client: str
    tunnel_url: str
    ca_certificate: str
    relay_keys: dict[str, str]

    def misfit(self, instance: str, sysid: str, client: str) -> str:
        """Return how settings differ from what this agent was enrolled for, as a sentence; empty where they do not."""
        ours, theirs = (instance, sysid, client), (self.instance, self.sysid, self.client)
        if ours == theirs:
            return ""
        return (
            f"the settings name instance, SAP system and client {' '.join(ours)}, the agent was enrolled for "
            f"{' '.join(theirs)}; change [agent] and [sap], or enrol again"
        )

    @property
    def audience(self) -> Audience:
        """Return for whom envelopes must be."""
        return Audience(self.tenant, self.instance, self.sysid, self.client)

    def trust(self) -> Trust:
        """Return the relay's keys by key id."""
        return {key_id: public_from_bytes(base64.b64decode(raw)) for key_id, raw in self.relay_keys.items()}


class ClientKey:
    """A fresh key pair for a client certificate."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def request(self, instance: str, tenant: str) -> str:
        """Return a certificate signing request (PEM)."""
        names = [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, tenant),
            x509.NameAttribute(NameOID.COMMON_NAME, instance),
        ]
        request = (
            x509.CertificateSigningRequestBuilder().subject_name(x509.Name(names)).sign(self._key, hashes.SHA256())
        )
        return request.public_bytes(Encoding.PEM).decode()

    def with_certificate(self, certificate: str) -> bytes:
        """Return key and certificate as one PEM text.

        Raises:
            NotEnrolled: the certificate is for another key.
        """
        if x509.load_pem_x509_certificate(certificate.encode()).public_key() != self._key.public_key():
            raise NotEnrolled("the relay's certificate is for another key than the one we made; enrol again")
        private = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return private + certificate.encode()


class Identity:
    """The files of an enrolled agent.

    Attributes:
        enrolled: what was pinned at enrolment.
        signer: signs results and receipts.
    """

    def __init__(self, state_dir: Path, enrolled: Enrolled, signer: Signer) -> None:
        self._state_dir = state_dir
        self.enrolled = enrolled
        self.signer = signer

    @classmethod
    def load(cls, state_dir: Path) -> "Identity":
        """Read the identity.

        Raises:
            NotEnrolled: a file is missing, damaged, or readable by others.
        """
        for name in (_SIGNING, _CLIENT):
            if not is_private(state_dir / name):
                raise NotEnrolled(f"others may read {state_dir / name}; run: chmod 600 {state_dir / name}")
        try:
            enrolled = msgspec.json.decode((state_dir / _ENROLMENT).read_bytes(), type=Enrolled)
            signer = Signer.from_seed(bytes.fromhex((state_dir / _SIGNING).read_text("ascii").strip()))
            identity = cls(state_dir, enrolled, signer)
            identity.certificate_expires()
        except FileNotFoundError as error:
            message = (
                f"{error.filename} is missing; ask the relay's operator for a token and run: mlconnector-agent enrol"
            )
            raise NotEnrolled(message) from error
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise NotEnrolled(f"the identity in {state_dir} is damaged ({error}); enrol again") from error
        return identity

    @classmethod
    def save(cls, state_dir: Path, enrolled: Enrolled, client_pem: bytes, signing_seed: bytes) -> None:
        """Write a new identity; `enrolment.json` last, so that a half-written one is none."""
        (state_dir / _ENROLMENT).unlink(missing_ok=True)
        write_private(state_dir / _SIGNING, signing_seed.hex().encode())
        write_private(state_dir / _CLIENT, client_pem)
        write_private(state_dir / _ENROLMENT, msgspec.json.format(msgspec.json.encode(enrolled)))

    def renew(self, client_pem: bytes) -> None:
        """Replace key and certificate at once; the next connection uses them."""
        write_private(self._state_dir / _CLIENT, client_pem)

    def certificate_life(self) -> tuple[datetime, datetime]:
        """Return from when to when the client certificate is valid."""
        certificate = x509.load_pem_x509_certificate((self._state_dir / _CLIENT).read_bytes())
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc

    def certificate_expires(self) -> datetime:
        """Return when the client certificate ends."""
        return self.certificate_life()[1]

    def tls(self) -> ssl.SSLContext:
        """Return the context of the tunnel: TLS 1.3, the relay's own CA and no other, our certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.enrolled.ca_certificate)
        context.load_cert_chain(self._state_dir / _CLIENT)
        return context


def signing_seed(state_dir: Path, runtime: Runtime) -> bytes:
    """Return the agent's signing seed; a new one where there is none, so that enrolling again keeps the key."""
    try:
        return bytes.fromhex((state_dir / _SIGNING).read_text("ascii").strip())
    except (FileNotFoundError, ValueError):
        return runtime.token(SEED_BYTES)


def is_private(path: Path) -> bool:
    """Tell whether nobody but the owner may read a file; on Windows its folder's permissions decide."""
    return os.name != "posix" or not path.exists() or not path.stat().st_mode & 0o077


def write_private(path: Path, content: bytes) -> None:
    """Replace a file at once by one that only its owner may read."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def create_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, whole and durable, unless there is one already: that one stays."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
