"""SAP's RFC library: whether it loads, and whether it is SAP's."""

import tempfile
from pathlib import Path
from typing import Final

from mlconnector_shared.runtime import Runtime

from ..rfc.child import Child

__all__ = ["STAND_IN_PATCH_LEVEL", "library_of"]

STAND_IN_PATCH_LEVEL: Final = "9999"
"""No library of SAP's has it; stand-ins for tests do."""


async def library_of(sdk_home: str, runtime: Runtime) -> tuple[str, str]:
    """Load the RFC library in a child process and return its version as text and its patch level.

    Raises:
        RfcError: it cannot be loaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        child = await Child.start(Path(folder) / "rfc-probe.lock", sdk_home, runtime)
        try:
            major, minor, patch = (str(child.library.get(name, "?")) for name in ("major", "minor", "patchLevel"))
        finally:
            await child.end()
    return f"{major}.{minor} patch level {patch}", patch
