"""Texts read back."""

from typing import Any

from tests.support.ecc import Ecc

NAME = "100018000000002026"


async def test_texts_are_listed_by_object_and_name(ecc: Ecc, control: Any) -> None:
    """With their lines."""
    for name in (NAME, "other"):
        ecc.system.texts.save(("100", "BELEG", name, "0001", "E"), [("*", "DHL 00340434")], "MLC_RFC")

    assert len((await control("GET", "/texts"))["texts"]) == 2
    assert (await control("GET", f"/texts?object=BELEG&name={NAME}"))["texts"] == [
        {
            "object": "BELEG",
            "name": NAME,
            "id": "0001",
            "language": "E",
            "user": "MLC_RFC",
            "lines": [{"format": "*", "text": "DHL 00340434"}],
        }
    ]
