"""Texts fit SAP's fields by rule: cleaned, split between words, shortened on purpose."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.text import clean, pad, shorten, unpad, wrap


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Ida\tSommer\r\n", "Ida Sommer"),
        ("Cafe\u0301", "Café"),
        ("Lamp 😀 blue", "Lamp blue"),
        ("a\u0000b\u200bc\ud800d\ue000", "abcd"),
        ("a\u00a0\u2003b\u2028c", "a b c"),
        ("渡辺 遥", "渡辺 遥"),
    ],
)
def test_text_is_cleaned(text: str, cleaned: str) -> None:
    """Composed, on one line, nothing invisible, nothing outside the basic plane."""
    assert clean(text) == cleaned


@settings(deadline=None)
@given(st.text())
def test_cleaning_is_final(text: str) -> None:
    """A clean text stays as it is, and holds nothing SAP could split or lose."""
    cleaned = clean(text)
    assert clean(cleaned) == cleaned == unicodedata.normalize("NFC", cleaned)
    assert all(character <= "\uffff" and character.isprintable() for character in cleaned)
    assert cleaned == cleaned.strip()


@pytest.mark.parametrize(
    ("text", "short"),
    [("abc", "abc"), ("abcde fgh", "abcde"), ("abcdefgh", "abcde"), ("ab cd ef", "ab cd"), ("ab cdef", "ab")],
)
def test_text_is_shortened_after_a_word(text: str, short: str) -> None:
    """In mid-word only where not even the first word fits."""
    assert shorten(text, 5) == short


@settings(deadline=None)
@given(st.text().map(clean), st.integers(1, 40))
def test_wrapping_loses_no_character(text: str, length: int) -> None:
    """Lines fit and hold the whole text."""
    lines = wrap(text, length)
    assert all(0 < len(line) <= length for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("key", "padded"),
    [("4711", "0000004711"), ("PACK", "PACK"), ("", ""), ("47A", "47A"), ("04A", "04A"), ("٤٧", "٤٧")],
)
def test_only_digits_are_padded(key: str, padded: str) -> None:
    """ALPHA does not run over RFC: SAP stores numbers with leading zeros, names as they are."""
    assert pad(key, 10) == padded
    assert unpad(padded) == key
