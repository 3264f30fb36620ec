"""Long texts."""

from pathlib import Path

import pytest
from mlconnector_sandbox.ecc.texts import UnknownTextIdError

from tests.support.ecc import Ecc, an_ecc

KEY = ("100", "BELEG", "100018000000002026", "0001", "E")


def test_a_text_is_replaced_as_a_whole(ecc: Ecc) -> None:
    """Who wrote it first stays known."""
    texts = ecc.system.texts
    texts.save(KEY, [("*", "one"), ("*", "two")], "SMITH")
    texts.save(KEY, [("*", "three")], "JONES")
    (found,) = texts.find("100", "BELEG", KEY[2])

    assert found["lines"] == [["*", "three"]]
    assert (found["TDFUSER"], found["TDLUSER"], found["TDTXTLINES"]) == ("SMITH", "JONES", 1)


def test_object_and_id_are_customized(ecc: Ecc) -> None:
    """A text that nobody could ever display is refused."""
    for key in ((*KEY[:3], "ZZZZ", "E"), ("100", "VBBK", *KEY[2:])):
        with pytest.raises(UnknownTextIdError):
            ecc.system.texts.save(key, [("*", "x")], "SMITH")
    assert ecc.system.texts.find("100") == []


def test_texts_survive_a_restart_and_belong_to_a_client(tmp_path: Path) -> None:
    """They lie in the database."""
    with an_ecc(tmp_path / "a") as first:
        first.system.texts.save(KEY, [("*", "kept")], "SMITH")
    with an_ecc(tmp_path / "a") as second:
        assert [row["lines"] for row in second.system.texts.find("100")] == [[["*", "kept"]]]
        assert second.system.texts.find("200") == []
