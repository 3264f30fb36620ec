"""The stand-in builds everywhere it must, without warnings, and runs clean under the sanitizers."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.elf import exported_symbols
from tests.support.sdk import NWRFC, ROOT, build, library_of

SANITIZED = ROOT / "var" / "sdk-sanitized"


def _make(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--no-print-directory", "-C", str(NWRFC), f"PYTHON={sys.executable}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_warnings() -> None:
    """The compiler has nothing to say, and the build says nothing either."""
    done = _make("strict")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_failing_build_says_why(tmp_path: Path) -> None:
    """The compiler's words come through, and no half library is left."""
    done = _make(f"OUT={tmp_path}", "CC=false")
    assert done.returncode != 0
    assert not library_of(tmp_path).exists()


@pytest.mark.timeout(300)  # a first build fills the compiler's cache
def test_a_machine_without_a_compiler_builds_it_with_zig(tmp_path: Path) -> None:
    """Without any C compiler the ziglang package builds the same interface."""
    done = _make(f"OUT={tmp_path}", "CC=")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(exported_symbols(library_of(tmp_path))) == 163
    assert (tmp_path / "lib" / "libsapucum.so").exists()
    assert (tmp_path / "include" / "sapnwrfc.h").exists()


@pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="this is the run under the sanitizers")
@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc and its sanitizer runtime")
@pytest.mark.timeout(300)
def test_sanitizers_find_nothing() -> None:
    """Every other test of the stand-in passes under AddressSanitizer and UndefinedBehaviorSanitizer."""
    build(SANITIZED, "sanitize", "CC=gcc")
    runtime = subprocess.check_output(["gcc", "-print-file-name=libasan.so"], text=True).strip()
    environment = {
        **os.environ,
        "MLCONNECTOR_SDK": str(SANITIZED),
        "SAPNWRFC_HOME": str(SANITIZED),
        "LD_PRELOAD": runtime,
        # leaks are not asked for: Python itself never frees what it keeps until it ends
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1:detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    tests = [str(path) for path in sorted(Path(__file__).parent.glob("test_*.py")) if path.name != Path(__file__).name]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-s", *tests]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]
    assert "Sanitizer" not in done.stderr
