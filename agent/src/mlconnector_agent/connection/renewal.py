"""Renewing the client certificate over the live session, at two thirds of its life."""

from datetime import datetime

import structlog
from mlconnector_shared.frames import Renew, Renewed
from mlconnector_shared.runtime import Runtime

from ..identity import ClientKey, Identity, NotEnrolled

__all__ = ["Renewal"]

_log = structlog.get_logger(__name__)


class Renewal:
    """At most one request under way; the key pair is new each time."""

    def __init__(self, identity: Identity, runtime: Runtime) -> None:
        self._identity = identity
        self._runtime = runtime
        self._key: ClientKey | None = None

    def due_at(self) -> datetime:
        """Return when the certificate has lived two thirds of its life."""
        begins, ends = self._identity.certificate_life()
        return begins + (ends - begins) * 2 / 3

    def request(self) -> Renew | None:
        """Return a request where one is due."""
        if self._runtime.now() < self.due_at():
            return None
        self._key = ClientKey()
        enrolled = self._identity.enrolled
        return Renew(self._key.request(enrolled.instance, enrolled.tenant))

    def renewed(self, message: Renewed) -> None:
        """Install the certificate that answers our latest request; the next connection uses it."""
        key, self._key = self._key, None
        if key is None:
            _log.warning("certificate.unasked")
            return
        try:
            self._identity.renew(key.with_certificate(message.certificate))
        except (NotEnrolled, ValueError, OSError) as error:
            _log.error("certificate.not_renewed", error=str(error))
        else:
            _log.info("certificate.renewed", expires=self._identity.certificate_expires().isoformat())
