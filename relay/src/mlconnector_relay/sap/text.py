"""Texts as SAP can hold them: cleaned, and split or shortened on purpose, never cut by accident."""

import unicodedata
from typing import Final

__all__ = ["clean", "pad", "shorten", "spelled_day", "unpad", "wrap"]

LAST_OF_BMP: Final = "\uffff"
"""Beyond it a character takes two places in SAP and breaks printing."""


def clean(text: str) -> str:
    """Return the text in NFC, on one line, without control characters and without what SAP's UTF-16 splits in two."""
    kept = (
        " " if unicodedata.category(char) in {"Zs", "Zl", "Zp"} or char in "\t\r\n" else char
        for char in unicodedata.normalize("NFC", text)
        if char in "\t\r\n"
        or (char <= LAST_OF_BMP and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    )
    return " ".join("".join(kept).split())


def shorten(text: str, length: int) -> str:
    """Return a clean text cut after its last whole word that fits, or in mid-word where the first does not fit."""
    if len(text) <= length:
        return text
    head = text[:length]
    whole, space, _ = head.rpartition(" ")
    return (whole if space and text[length] != " " else head).rstrip()


def wrap(text: str, length: int) -> list[str]:
    """Return a clean text as lines that each fit, broken between words where possible."""
    lines = []
    while text:
        line = shorten(text, length)
        lines.append(line)
        text = text[len(line) :].lstrip()
    return lines


def pad(key: str, length: int) -> str:
    """Return a key as SAP stores it: digits filled up with zeros, anything else as it is (no ALPHA runs over RFC)."""
    return key.zfill(length) if key.isascii() and key.isdigit() else key


def unpad(key: str) -> str:
    """Return a key of SAP's as people write it, which `pad` makes the same again."""
    return key.lstrip("0") if key.isascii() and key.isdigit() else key


def spelled_day(day: str) -> str:
    """Return one of SAP's days, `YYYYMMDD`, as people read it."""
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
