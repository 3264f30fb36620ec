"""Tables as the dictionary describes them."""

import pytest
from mlconnector_sandbox.ecc.schema import TableSchema, load_schemas


@pytest.fixture(scope="module")
def schemas() -> dict[str, TableSchema]:
    return load_schemas()


def test_every_table_has_a_key_of_its_own_columns(schemas: dict[str, TableSchema]) -> None:
    """Views show line items and need none."""
    without_key = {name for name, schema in schemas.items() if not schema.key}

    assert without_key == {"BSID", "BSAD", "BSIS", "BSAS"}
    assert all(column in schema.by_name for schema in schemas.values() for column in schema.key)


def test_tables_know_their_client_column(schemas: dict[str, TableSchema]) -> None:
    """Open SQL selects the logon client by itself, but not in tables of all clients."""
    assert {name: schemas[name].client_column for name in ("BKPF", "NRIV", "TCURX", "VBHDR")} == {
        "BKPF": "MANDT",
        "NRIV": "CLIENT",
        "TCURX": "",
        "VBHDR": "",
    }


def test_clusters_are_not_readable(schemas: dict[str, TableSchema]) -> None:
    """RFC_READ_TABLE is of no use on them in a real system either."""
    assert [name for name, schema in schemas.items() if not schema.readable] == ["BSEG", "BSEC"]
