"""Tamper evidence: every change of a record, an order or a count changes the head."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared.chain import GENESIS, ChainHead, anchor, commitment, head, merkle_root, read_anchor
from mlconnector_shared.errors import Malformed

leaves = st.lists(st.binary(min_size=32, max_size=32).map(bytes.hex), min_size=1, max_size=20)


def digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_a_root_as_written_down() -> None:
    """Leaves and nodes are hashed under different names; an odd node is carried up unchanged."""
    first, second, third = ("11" * 32, "22" * 32, "33" * 32)
    hashed = [digest(b"leaf\0", bytes.fromhex(leaf)) for leaf in (first, second, third)]

    assert merkle_root([first]) == hashed[0].hex()
    assert merkle_root([first, second]) == digest(b"node\0", hashed[0], hashed[1]).hex()
    assert merkle_root([first, second, third]) == digest(b"node\0", digest(b"node\0", *hashed[:2]), hashed[2]).hex()


def test_no_leaves_have_no_root() -> None:
    """An empty batch is a mistake."""
    with pytest.raises(ValueError, match="at least one leaf"):
        merkle_root([])


@given(leaves, st.data())
def test_any_change_of_a_batch_shows(batch: list[str], data: st.DataObject) -> None:
    """A record altered, removed, added or moved gives another root."""
    root = merkle_root(batch)
    position = data.draw(st.integers(0, len(batch) - 1))
    other = data.draw(st.binary(min_size=32, max_size=32).map(bytes.hex).filter(lambda leaf: leaf != batch[position]))

    assert merkle_root([*batch[:position], other, *batch[position + 1 :]]) != root
    assert merkle_root([*batch, other]) != root
    if len(batch) > 1:
        assert merkle_root(batch[:position] + batch[position + 1 :]) != root
    moved = data.draw(st.permutations(batch))
    assert (merkle_root(moved) == root) == (moved == batch)


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_commitments_bind_salt_and_content(salt: bytes, content: bytes, salt2: bytes, content2: bytes) -> None:
    """Equal only where both are; a byte cannot move from salt to content."""
    same = (salt, content) == (salt2, content2)

    assert (commitment(salt, content) == commitment(salt2, content2)) == same


def test_a_commitment_as_written_down() -> None:
    """Kept records must verify for ever."""
    assert commitment(b"salt", b"content") == digest(b"record\0", b"\0\4", b"salt", b"content").hex()


def test_a_head_binds_everything_it_names() -> None:
    """Previous head, batch number, root and count."""
    heads = {
        head(GENESIS, 1, "root", 5),
        head("1" * 64, 1, "root", 5),
        head(GENESIS, 2, "root", 5),
        head(GENESIS, 1, "other", 5),
        head(GENESIS, 1, "root", 6),
    }

    assert len(heads) == 5
    assert head(GENESIS, 1, "root", 5) == hashlib.sha256(f"batch\0{GENESIS}\x001\0root\x005".encode()).hexdigest()


def test_an_anchor_reads_back() -> None:
    """What one side shows, the other is held to."""
    told = ChainHead("agent", 3, 40, "ab" * 32)

    assert read_anchor(anchor(told)) == told


@pytest.mark.parametrize(
    "payload", [b"", b"no json", b'{"batch": 1}', b'{"chain":"x","batch":1,"records":1,"head":""}']
)
def test_what_is_no_anchor_is_refused(payload: bytes) -> None:
    """Also under a seal that holds."""
    with pytest.raises(Malformed, match="anchor"):
        read_anchor(payload)
