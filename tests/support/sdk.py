"""Where the RFC library is that tests load: built here when it is missing or older than its sources."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["NWRFC", "ROOT", "build", "library_of", "sdk_home"]

ROOT = Path(__file__).resolve().parents[2]
NWRFC = ROOT / "deploy" / "sandbox" / "nwrfc"


def library_of(home: Path) -> Path:
    """Name the library under an SDK's home."""
    return home / "lib" / "libsapnwrfc.so"


def build(out: Path, *goals: str) -> None:
    """Run the stand-in's Makefile, one at a time."""
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        command = ["make", "--no-print-directory", "-C", str(NWRFC), f"PYTHON={sys.executable}", f"OUT={out}", *goals]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"building the RFC stand-in failed: {done.stdout}{done.stderr}")


def sdk_home() -> Path:
    """Give the directory for SAPNWRFC_HOME: MLCONNECTOR_SDK if it is set, else var/sdk, brought up to date."""
    given = os.environ.get("MLCONNECTOR_SDK")
    home = Path(given) if given else ROOT / "var" / "sdk"
    if not (given and library_of(home).exists()):
        build(home)
    return home
