"""One refused logon, then none until a person closes the circuit: repeating it would lock the SAP user.

The circuit is a file, so that it survives a restart and the command line can close it. It remembers which user failed
with which credential (a salted hash): a changed credential may be tried once.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from mlconnector_shared.runtime import Runtime

from .errors import Kind, RfcError
from .settings import RfcUser

__all__ = ["Circuit", "OpenCircuit"]

_FILE: Final = "logon-circuit.json"


class OpenCircuit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why no logon is tried: the user, when, and SAP's answer."""

    user: str
    opened_at: datetime
    reason: str
    salt: str
    credential: str


class Circuit:
    """The logon circuit of one agent."""

    def __init__(self, state_dir: Path, runtime: Runtime) -> None:
        self._path = state_dir / _FILE
        self._runtime = runtime

    def state(self) -> OpenCircuit | None:
        """Return why the circuit is open, or None when it is closed.

        Raises:
            RfcError: the file cannot be read; logons stay forbidden until a person has looked.
        """
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=OpenCircuit)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            message = f"the logon circuit {self._path} cannot be read ({error}); logons stay off until it is closed"
            raise RfcError(Kind.LOGON, message, key="CIRCUIT_OPEN") from error

    def check(self, users: Sequence[RfcUser]) -> None:
        """Let a logon pass, or not. A circuit whose user has another credential by now closes itself.

        Raises:
            RfcError: the circuit is open.
        """
        found = self.state()
        if found is None:
            return
        same = [
            user
            for user in users
            if user.user == found.user and hmac.compare_digest(_hash(user, found.salt), found.credential)
        ]
        if not same:
            self.close()
            return
        message = (
            f"SAP refused the logon of {found.user} at {found.opened_at:%Y-%m-%d %H:%M:%S} UTC ({found.reason}); "
            "nobody logs on until the password is changed in the agent's settings or a person closes the circuit"
        )
        raise RfcError(Kind.LOGON, message, key="CIRCUIT_OPEN")

    def open(self, user: RfcUser, error: RfcError) -> None:
        """Remember durably that SAP refused this user."""
        salt = self._runtime.token(16).hex()
        found = OpenCircuit(user.user, self._runtime.now(), error.message, salt, _hash(user, salt))
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(found))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def close(self) -> None:
        """Permit logons again."""
        self._path.unlink(missing_ok=True)


def _hash(user: RfcUser, salt: str) -> str:
    return hashlib.scrypt(user.password.encode(), salt=bytes.fromhex(salt), n=2**14, r=8, p=1).hex()
