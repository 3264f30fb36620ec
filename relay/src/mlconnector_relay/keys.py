"""The master key that wraps every key at rest: 32 bytes in a file of its own, readable by the service alone."""

from typing import Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from .config import Settings
from .files import create_private, private_folder

__all__ = ["MasterKeyInvalid", "master_key"]

KEY_BYTES: Final = 32


class MasterKeyInvalid(ConnectorError):
    """The master key file does not hold a key."""


def master_key(settings: Settings, runtime: Runtime) -> bytes:
    """Read the master key; make one where none was ever configured.

    Raises:
        MasterKeyInvalid: the file is missing though named, unreadable, or not 32 bytes.
    """
    named = settings.secrets.master_key_file
    path = named or settings.relay.state_dir / "master.key"
    try:
        if named is None and not path.exists():
            private_folder(path.parent).chmod(0o700)
            create_private(path, runtime.token(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise MasterKeyInvalid(f"[secrets] master_key_file {path}: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid(f"[secrets] master_key_file {path}: {len(key)} bytes, a key has {KEY_BYTES}")
    return key
