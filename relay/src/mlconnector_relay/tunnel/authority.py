"""The relay's own certificate authority: it trusts the agents it enrolled, and nobody else.

Keys are ECDSA P-256, since every TLS library of a corporate proxy or scanner can read them.
"""

import hashlib
import ipaddress
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from mlconnector_shared.runtime import Runtime

from ..files import create_private, private_folder, write_private
from .errors import KeyUnusable, RequestInvalid
from .registry import InstanceKey, Issued

__all__ = ["Authority", "Peer", "peer_of"]

AUTHORITY_LIFE: Final = timedelta(days=3650)
LEAF_LIFE: Final = timedelta(days=90)
"""Agents renew over the live tunnel at two thirds of it."""

BACKDATE: Final = timedelta(minutes=5)
"""An agent whose clock is a little behind must not refuse a certificate made just now."""

SERIAL_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom a client certificate names, and which one it was."""

    key: InstanceKey
    fingerprint: str


def peer_of(certificate_der: bytes) -> Peer:
    """Read the agent's identity from a certificate whose chain TLS has verified.

    Raises:
        RequestInvalid: it lacks organisation (tenant) or common name (instance).
    """
    subject = x509.load_der_x509_certificate(certificate_der).subject
    names = [subject.get_attributes_for_oid(oid) for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)]
    if not all(names):
        raise RequestInvalid(f"the certificate of {subject.rfc4514_string()!r} names no tenant and instance")
    tenant, instance = (str(name[0].value) for name in names)
    return Peer(InstanceKey(tenant, instance), hashlib.sha256(certificate_der).hexdigest())


class Authority:
    """Issues the listener's and the agents' certificates.

    Args:
        folder: where key, certificate and the older authorities' certificates (`trusted/*.pem`) are.
        key: the authority's private key.
        certificate: its certificate.
        runtime: clock and serial numbers.
    """

    def __init__(
        self, folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, runtime: Runtime
    ) -> None:
        self._folder = folder
        self._key = key
        self._certificate = certificate
        self._runtime = runtime

    @classmethod
    def load(cls, state_dir: Path, runtime: Runtime) -> Self:
        """Read the authority of `state_dir/authority`; make it where there is none.

        Raises:
            KeyUnusable: it cannot be read or made.
        """
        path = state_dir / "authority" / "authority.pem"
        try:
            folder = private_folder(path.parent)
            if not path.exists():
                # Of several processes at once the first one's is the authority: all read it back.
                create_private(path, _new_authority(runtime))
            pem = path.read_bytes()
            key = load_pem_private_key(pem, None)
            certificate = x509.load_pem_x509_certificate(pem)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnusable(f"{path} cannot be used ({error}); restore it from a backup") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyUnusable(f"{path} holds no ECDSA key; restore it from a backup")
        return cls(folder, key, certificate, runtime)

    @property
    def certificate_pem(self) -> str:
        """Return the authority's certificate."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the authority's certificate (DER), as an enrolment token carries it."""
        return hashlib.sha256(self._certificate.public_bytes(Encoding.DER)).hexdigest()

    def issue_client(self, csr_pem: str, key: InstanceKey) -> Issued:
        """Issue an agent's certificate for the key of a signing request; its subject is ours to write.

        Raises:
            RequestInvalid: the request is no PEM, its signature does not hold, or its key is none we take.
        """
        try:
            request = x509.load_pem_x509_csr(csr_pem.encode())
            holds = request.is_signature_valid
            public = request.public_key()
        except Exception as error:  # bytes of a stranger: the library's errors are many
            raise RequestInvalid(f"the signing request cannot be read: {error}") from error
        if not holds:
            raise RequestInvalid("the signature of the signing request does not hold")
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise RequestInvalid("the signing request must carry an ECDSA key, such as P-256")
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, key.tenant),
                x509.NameAttribute(NameOID.COMMON_NAME, key.instance),
            ]
        )
        builder = _builder(subject, self._certificate.subject, public, self._key.public_key(), LEAF_LIFE, self._runtime)
        return self._issued(builder, ExtendedKeyUsageOID.CLIENT_AUTH)

    def server_context(self, names: Iterable[str]) -> ssl.SSLContext:
        """Return the listener's TLS context: TLS 1.3, a client certificate of ours required."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        older = [path.read_text() for path in sorted((self._folder / "trusted").glob("*.pem"))]
        context.load_verify_locations(cadata="\n".join([self.certificate_pem, *older]))
        self.refresh(context, names)
        return context

    def refresh(self, context: ssl.SSLContext, names: Iterable[str]) -> None:
        """Give the listener a fresh certificate; sessions that stand are not touched."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ml-connector relay")])
        builder = _builder(
            subject, self._certificate.subject, key.public_key(), self._key.public_key(), LEAF_LIFE, self._runtime
        )
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False
        )
        issued = self._issued(builder, ExtendedKeyUsageOID.SERVER_AUTH)
        path = self._folder / "listener.pem"
        write_private(path, _private_pem(key) + issued.pem.encode())
        context.load_cert_chain(path)

    def _issued(self, builder: x509.CertificateBuilder, purpose: x509.ObjectIdentifier) -> Issued:
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        der = certificate.public_bytes(Encoding.DER)
        return Issued(
            serial=f"{certificate.serial_number:x}",
            pem=certificate.public_bytes(Encoding.PEM).decode(),
            fingerprint=hashlib.sha256(der).hexdigest(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
        )


def _new_authority(runtime: Runtime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ml-connector relay authority")])
    builder = _builder(name, name, key.public_key(), key.public_key(), AUTHORITY_LIFE, runtime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.add_extension(_usage(signs_certificates=True), critical=True).sign(key, hashes.SHA256())
    return _private_pem(key) + certificate.public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_public: ec.EllipticCurvePublicKey,
    life: timedelta,
    runtime: Runtime,
) -> x509.CertificateBuilder:
    now = runtime.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(int.from_bytes(runtime.token(SERIAL_BYTES)) | 1)
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
