"""The relay's signing keys: the newest seals, all are told to agents, so that keys rotate with overlap."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer

from .files import private_folder, write_private

__all__ = ["Identity"]

SEED_BYTES = 32


class Identity:
    """Who the relay is to its agents.

    Args:
        signers: oldest first; at least one.
    """

    def __init__(self, signers: Sequence[Signer]) -> None:
        self._signers = tuple(signers)

    @classmethod
    def load(cls, state_dir: Path, runtime: Runtime) -> Self:
        """Read every key of `state_dir/signing`; make the first one where there is none."""
        folder = private_folder(state_dir / "signing")
        if not any(folder.glob("*.key")):
            write_private(folder / f"{runtime.now():%Y%m%dT%H%M%S}.key", runtime.token(SEED_BYTES))
        return cls([Signer.from_seed(path.read_bytes()) for path in sorted(folder.glob("*.key"))])

    @property
    def signer(self) -> Signer:
        """Return the key that seals."""
        return self._signers[-1]

    @property
    def public_keys(self) -> dict[str, str]:
        """Return the raw public keys in base64 by key id, as agents pin them."""
        return {signer.key_id: base64.b64encode(signer.public_bytes).decode() for signer in self._signers}
