"""The master key that wraps every key at rest: 32 bytes in a file of its own, readable by the service alone."""

import os
from pathlib import Path
from typing import Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from .config import Settings

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
            _make(path, path.with_name(f"{path.name}.{runtime.new_id()}"), runtime.token(KEY_BYTES))
        key = path.read_bytes()
    except OSError as error:
        raise MasterKeyInvalid(f"[secrets] master_key_file {path}: {error.strerror}") from error
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid(f"[secrets] master_key_file {path}: {len(key)} bytes, a key has {KEY_BYTES}")
    return key


def _make(path: Path, draft: Path, key: bytes) -> None:
    """Put the key there whole and durable, unless another process was faster: then its key is the one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
