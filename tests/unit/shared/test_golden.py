"""Golden files: what a released version wrote stays readable, and what we write now is what it wrote."""

import json

import msgspec
import pytest
from mlconnector_shared import frames
from mlconnector_shared.envelope import CallEnvelope, Receipt, ResultEnvelope, from_bytes
from mlconnector_shared.signing import open_, public_from_bytes

from tests.support.golden import FOLDER, described, golden_files
from tests.support.samples import AGENT_SIGNER, RELAY_SIGNER

TRUST = {signer.key_id: public_from_bytes(signer.public_bytes) for signer in (AGENT_SIGNER, RELAY_SIGNER)}
MESSAGES = sorted(FOLDER.glob("message-*.bin"))
SEALED = sorted(FOLDER.glob("sealed-*.bin"))
CONTENTS = {"call": CallEnvelope, "result": ResultEnvelope, "receipt": Receipt}


def test_every_kind_has_its_file() -> None:
    """A message without a golden file could change unnoticed; a file without a message was lost."""
    assert {path.stem for path in MESSAGES + SEALED} == set(golden_files())


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: path.stem)
def test_messages_stay_readable(path) -> None:  # noqa: ANN001
    """The old bytes mean what the description beside them says."""
    message = frames.decode(path.read_bytes())

    assert json.loads(described(message)) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("path", SEALED, ids=lambda path: path.stem)
def test_sealed_contents_stay_readable(path) -> None:  # noqa: ANN001
    """Their signatures still hold, and their content means the same."""
    kind = path.stem.split("-")[1]
    payload = open_(kind, path.read_bytes(), TRUST)
    meaning = from_bytes(CONTENTS[kind], payload) if kind in CONTENTS else payload.decode()

    assert json.loads(described(meaning)) == json.loads(path.with_suffix(".json").read_text())


@pytest.mark.parametrize("name", sorted(golden_files()))
def test_we_write_the_same_bytes(name: str) -> None:
    """The version number did not change, so the bytes must not either; a changed format is a new version."""
    data, _ = golden_files()[name]

    assert data == (FOLDER / f"{name}.bin").read_bytes()


def test_no_message_is_read_as_another() -> None:
    """Each golden message decodes to the kind its name says."""
    for path in MESSAGES:
        message = frames.decode(path.read_bytes())
        assert type(message).__name__.lower() == path.stem.removeprefix("message-")
        assert msgspec.msgpack.decode(path.read_bytes())["type"] == path.stem.removeprefix("message-")
