"""The generated metadata of function modules and structures."""

import pytest
from mlconnector_sandbox.ecc.catalogue import Catalogue, load_catalogue, read_metadata
from mlconnector_sandbox.ecc.ddic import Kind


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue("ECC")


def test_every_structure_has_its_published_length(catalogue: Catalogue) -> None:
    """The sum of the fields' bytes is the length published for ECC, wherever one is known."""
    published = {name: entry["published_length"] for name, entry in read_metadata("structures.json").items()}
    known = {name: length for name, length in published.items() if length}

    assert {name: catalogue.structures[name].nuc for name in known} == known
    assert len(known) >= 30


def test_unicode_lengths_of_the_posting_structures(catalogue: Catalogue) -> None:
    """Texts double, numbers do not."""
    expected = {
        "BAPIACHE09": 502,
        "BAPIACGL09": 1780,
        "BAPIACAR09": 1070,
        "BAPIACTX09": 154,
        "BAPIACCR09": 110,
        "BAPIRET2": 1088,
    }

    assert {name: catalogue.structures[name].uc for name in expected} == expected


def test_all_function_modules_are_complete(catalogue: Catalogue) -> None:
    """SAP's 53 and our own two are there, and every parameter has a type."""
    own = {name for name in catalogue.functions if name.startswith("Z")}
    assert own == {"Z_MLC_DOCUMENT_CHANGE", "Z_MLC_DOCUMENT_POST"}
    assert len(catalogue.functions) == 53 + len(own)
    assert [p.name for p in catalogue.functions["BAPI_ACC_DOCUMENT_POST"].parameters] == [
        "DOCUMENTHEADER", "CUSTOMERCPD", "CONTRACTHEADER", "OBJ_TYPE", "OBJ_KEY", "OBJ_SYS", "ACCOUNTGL",
        "ACCOUNTRECEIVABLE",
        "ACCOUNTPAYABLE", "ACCOUNTTAX", "CURRENCYAMOUNT", "CRITERIA", "VALUEFIELD", "EXTENSION1", "RETURN",
        "PAYMENTCARD", "CONTRACTITEM", "EXTENSION2", "REALESTATE", "ACCOUNTWT",
    ]  # fmt: skip
    assert all(f.wire for f in catalogue.functions.values())


def test_fields_of_later_releases_are_left_out(catalogue: Catalogue) -> None:
    """ECC has no long material number and no long amounts."""
    assert "MATERIAL_LONG" not in catalogue.structures["BAPIACGL09"].names
    assert "AMT_DOCCUR_LONG" not in catalogue.structures["BAPIACCR09"].names


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("BAPI_ACC_DOCUMENT_POST", Kind.REMOTE),
        ("BAPI_CUSTOMER_CREATE", Kind.DIALOG),
        ("FI_DOCUMENT_CHANGE", Kind.LOCAL),
        ("BAPI_CUSTOMER_CHANGE", Kind.ABSENT),
    ],
)
def test_it_is_known_who_may_call_a_function_module(catalogue: Catalogue, name: str, kind: Kind) -> None:
    """Some open a screen, some are not remote-enabled, one does not exist although people name it."""
    assert catalogue.functions[name].kind is kind


def test_a_truncated_structure_changes_the_repository(catalogue: Catalogue) -> None:
    """The RFC library caches metadata by repository, so another interface needs another name."""
    smaller = catalogue.truncated("BAPIACAR09", ["PAYMT_REF"])
    table = smaller.functions["BAPI_ACC_DOCUMENT_POST"].by_name["ACCOUNTRECEIVABLE"].line

    assert "PAYMT_REF" not in table.names  # type: ignore[union-attr]
    assert "PAYMT_REF" in catalogue.structures["BAPIACAR09"].names
    assert smaller.repository != catalogue.repository


def test_a_truncated_header_is_a_structure_still(catalogue: Catalogue) -> None:
    """Structures are replaced as well as line types of tables."""
    smaller = catalogue.truncated("BAPIACHE09", ["ECS_ENV"])

    assert "ECS_ENV" not in smaller.functions["BAPI_ACC_DOCUMENT_CHECK"].by_name["DOCUMENTHEADER"].line.names  # type: ignore[union-attr]
