"""Sealing: what was sealed opens, anything else does not."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_shared.errors import SignatureInvalid
from mlconnector_shared.signing import (
    MAX_SEALED_BYTES,
    Signer,
    Trust,
    fingerprint,
    open_,
    public_from_bytes,
    seal,
)

SIGNER = Signer.from_seed(bytes(range(32)))
OTHER = Signer.from_seed(b"o" * 32)
KINDS = ["call", "result", "receipt", "anchor"]


def trust(*signers: Signer) -> Trust:
    return {signer.key_id: public_from_bytes(signer.public_bytes) for signer in signers}


@given(payload=st.binary(max_size=500), kind=st.sampled_from(KINDS))
def test_what_was_sealed_opens(payload: bytes, kind) -> None:  # noqa: ANN001
    """Exactly the bytes that were sealed come out."""
    assert open_(kind, seal(kind, payload, SIGNER), trust(OTHER, SIGNER)) == payload


@given(payload=st.binary(min_size=1, max_size=100), position=st.integers(0), change=st.integers(1, 255))
def test_a_changed_byte_is_refused(payload: bytes, position: int, change: int) -> None:
    """Wherever it is: payload, key id, signature or the packing around them."""
    sealed = bytearray(seal("call", payload, SIGNER))
    sealed[position % len(sealed)] ^= change

    try:
        opened = open_("call", bytes(sealed), trust(SIGNER))
    except SignatureInvalid:
        return
    # Only the spelling of a length may differ without a meaning; the content never.
    assert opened == payload


def test_every_bit_of_one_seal_is_covered() -> None:
    """No single bit of sealed bytes can be flipped unnoticed."""
    sealed = seal("result", b"posted", SIGNER)
    for bit in range(len(sealed) * 8):
        tampered = bytearray(sealed)
        tampered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SignatureInvalid):
            open_("result", bytes(tampered), trust(SIGNER))


@pytest.mark.parametrize("length", [0, 1, 7, 40, 90, 97])
def test_a_cut_seal_is_refused(length: int) -> None:
    """Truncated bytes are not sealed bytes."""
    with pytest.raises(SignatureInvalid):
        open_("call", seal("call", b"payload", SIGNER)[:length], trust(SIGNER))
    with pytest.raises(SignatureInvalid):
        open_("call", seal("call", b"payload", SIGNER) + bytes(length + 1), trust(SIGNER))


@pytest.mark.parametrize("claimed", KINDS)
@pytest.mark.parametrize("sealed_as", KINDS)
def test_a_seal_holds_for_its_kind_only(sealed_as, claimed) -> None:  # noqa: ANN001
    """A result can never be taken for a call."""
    sealed = seal(sealed_as, b"payload", SIGNER)
    if sealed_as == claimed:
        assert open_(claimed, sealed, trust(SIGNER)) == b"payload"
    else:
        with pytest.raises(SignatureInvalid, match=f"does not hold for a {claimed}"):
            open_(claimed, sealed, trust(SIGNER))


def test_only_trusted_keys_count() -> None:
    """A signature by a key we do not know proves nothing."""
    with pytest.raises(SignatureInvalid, match=f"key '{SIGNER.key_id}' is not trusted for a call"):
        open_("call", seal("call", b"payload", SIGNER), trust(OTHER))


def test_a_key_id_does_not_make_the_key() -> None:
    """Whoever claims another's key id does not get past its public key."""
    impostor = Signer(SIGNER.key_id, OTHER._private)

    with pytest.raises(SignatureInvalid, match="does not hold"):
        open_("call", seal("call", b"payload", impostor), trust(SIGNER))


def test_the_key_id_is_part_of_what_is_signed() -> None:
    """Trusting one key under two ids does not let a seal be moved from one to the other."""
    parts = msgspec.msgpack.decode(seal("call", b"payload", SIGNER))
    parts[1] = "second"
    public = public_from_bytes(SIGNER.public_bytes)

    with pytest.raises(SignatureInvalid):
        open_("call", msgspec.msgpack.encode(parts), {SIGNER.key_id: public, "second": public})


@pytest.mark.parametrize(
    "parts",
    [
        ["mlc2", SIGNER.key_id, b"p", b"s" * 64],
        ["mlc1", SIGNER.key_id, b"p", b"short"],
        ["mlc1", SIGNER.key_id, b"p", b""],
        ["mlc1", SIGNER.key_id, b"p"],
        ["mlc1", SIGNER.key_id, b"p", b"s" * 64, "more"],
        ["mlc1", 7, b"p", b"s" * 64],
        {"scheme": "mlc1"},
        None,
    ],
)
def test_other_shapes_are_not_sealed_bytes(parts: object) -> None:
    """Another scheme, a wrong count or type, a signature of another length."""
    with pytest.raises(SignatureInvalid):
        open_("call", msgspec.msgpack.encode(parts), trust(SIGNER))


@given(st.binary(max_size=500))
def test_random_bytes_raise_only_our_error(data: bytes) -> None:
    """Whatever arrives is refused in one way."""
    with pytest.raises(SignatureInvalid):
        open_("call", data, trust(SIGNER))


def test_the_size_is_looked_at_first() -> None:
    """Bytes over the limit are not even taken apart."""
    with pytest.raises(SignatureInvalid, match="exceed the limit"):
        open_("call", bytes(MAX_SEALED_BYTES + 1), trust(SIGNER))


def test_a_key_id_is_the_fingerprint_of_the_public_key() -> None:
    """Both sides can compute it from the key alone."""
    expected = hashlib.sha256(SIGNER.public_bytes).hexdigest()[:16]

    assert expected == SIGNER.key_id == fingerprint(public_from_bytes(SIGNER.public_bytes))
