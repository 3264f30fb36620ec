"""A watched file is read once it rests; what is wrong with it takes nothing away."""

import os
from pathlib import Path

import pytest
from mlconnector_relay import tenant_files
from mlconnector_relay.tenant_files import Watched, look
from mlconnector_shared.errors import ConnectorError


def read(text: str, name: str) -> str:
    if "wrong" in text:
        raise ConnectorError(f"{name}: wrong")
    return text


class File:
    """A file whose stamps differ."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen: Watched[str] | None = None
        self._stamp = 0

    def write(self, text: str | bytes) -> None:
        self.path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self._stamp += 1
        os.utime(self.path, (self._stamp, self._stamp))

    def look(self) -> tuple[str | None, str]:
        self.seen = look(self.path, self.seen, read)
        return self.seen.value, self.seen.complaint


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path / "acme.toml")


def test_the_first_look_reads_a_change_waits_for_rest(file: File) -> None:
    """Half a file could be valid."""
    file.write("one")
    assert file.look() == ("one", "")
    file.write("two")
    assert file.look() == ("one", "")
    assert file.look() == ("two", "")
    assert look(file.path, file.seen, read) is file.seen


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("wrong", "acme.toml: wrong"), (b"\xff", "acme.toml: not UTF-8"), ("x" * 9, "acme.toml: larger than 8 bytes")],
)
def test_what_cannot_be_used_leaves_what_was(
    file: File, monkeypatch: pytest.MonkeyPatch, text: str | bytes, complaint: str
) -> None:
    """And says why, until it is mended."""
    monkeypatch.setattr(tenant_files, "LARGEST_FILE_BYTES", 8)
    file.write("one")
    file.look()
    file.write(text)
    file.look()
    value, said = file.look()
    assert (value, said[: len(complaint)]) == ("one", complaint)

    file.write("two")
    file.look()
    assert file.look() == ("two", "")


def test_a_file_that_goes_leaves_what_was(file: File) -> None:
    """It may be about to be replaced."""
    assert file.look() == (None, f"{file.path}: No such file or directory")
    file.write("one")
    file.look()
    file.path.unlink()
    assert file.look() == ("one", f"{file.path}: No such file or directory")
