"""The relay's signing keys: the newest seals, all are told to agents, so that keys rotate with overlap."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer

from ..files import create_private, private_folder
from .errors import KeyUnusable

__all__ = ["Identity"]

SEED_BYTES = 32

FIRST_KEY: Final = "00000000T000000.key"
"""Keys sort by age; those that follow are named by their time, such as 20260131T120000.key."""


class Identity:
    """Who the relay is to its agents.

    Args:
        signers: oldest first; at least one.
    """

    def __init__(self, signers: Sequence[Signer]) -> None:
        self._signers = tuple(signers)

    @classmethod
    def load(cls, state_dir: Path, runtime: Runtime) -> Self:
        """Read every key of `state_dir/signing`; make the first one where there is none.

        Raises:
            KeyUnusable: a key cannot be read or made.
        """
        path = state_dir / "signing"
        try:
            folder = private_folder(path)
            if not any(folder.glob("*.key")):
                # One name for all processes that start at once: the first one's key is everybody's.
                create_private(folder / FIRST_KEY, runtime.token(SEED_BYTES))
            signers = []
            for path in sorted(folder.glob("*.key")):
                signers.append(Signer.from_seed(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise KeyUnusable(f"{path} cannot be used ({error}); restore it from a backup") from error
        return cls(signers)

    @property
    def signer(self) -> Signer:
        """Return the key that seals."""
        return self._signers[-1]

    @property
    def public_keys(self) -> dict[str, str]:
        """Return the raw public keys in base64 by key id, as agents pin them."""
        return {signer.key_id: base64.b64encode(signer.public_bytes).decode() for signer in self._signers}
