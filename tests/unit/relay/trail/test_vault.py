"""What is kept encrypted opens only here, only for its subject, and never again after erasure."""

import pytest
from mlconnector_relay.db import subjects
from mlconnector_relay.db.engine import Database
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.errors import SubjectErased, Undecryptable
from mlconnector_relay.trail.vault import Vault

MASTER, NEXT = b"m" * 32, b"n" * 32
NAME = b"Grete Mustermann"


@pytest.fixture
def vault() -> Vault:
    return Vault(MASTER, SystemRuntime())


def test_a_secret_opens_with_its_master_key_only(vault: Vault) -> None:
    """Credentials come back; another master key cannot open them."""
    sealed = vault.seal_secret("token-123")

    assert b"token-123" not in sealed
    assert vault.open_secret(sealed) == "token-123"
    with pytest.raises(Undecryptable, match="former"):
        Vault(NEXT, SystemRuntime()).open_secret(sealed)


def test_a_rotated_master_key_still_opens_what_the_former_one_sealed(vault: Vault) -> None:
    """With the old key among the former ones, rotation loses nothing."""
    sealed = vault.seal_secret("token-123")

    assert Vault(NEXT, SystemRuntime(), former=[MASTER]).open_secret(sealed) == "token-123"


@pytest.mark.parametrize("damage", [lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]), lambda sealed: sealed[:20]])
def test_an_altered_secret_is_told(vault: Vault, damage: object) -> None:
    """A changed or cut ciphertext is refused."""
    with pytest.raises(Undecryptable):
        vault.open_secret(damage(vault.seal_secret("token-123")))  # type: ignore[operator]


async def test_personal_data_opens_for_its_subject_only(database: Database, vault: Vault) -> None:
    """A ciphertext moved to another subject's or tenant's row does not open."""
    async with database.transaction() as tx:
        mine = await vault.seal(tx, "acme", "abc123/1", NAME)
        await vault.seal(tx, "acme", "abc123/2", NAME)
        await vault.seal(tx, "other", "abc123/1", NAME)

        assert NAME not in mine
        assert await vault.open(tx, "acme", "abc123/1", mine) == NAME
        for tenant, subject in (("acme", "abc123/2"), ("other", "abc123/1")):
            with pytest.raises(Undecryptable):
                await vault.open(tx, tenant, subject, mine)
        with pytest.raises(Undecryptable, match="no key"):
            await vault.open(tx, "acme", "abc123/3", mine)


async def test_erasing_a_subject_leaves_a_tombstone(database: Database, vault: Vault) -> None:
    """After erasure nothing of the subject opens, nothing new is stored, and others are untouched."""
    async with database.transaction() as tx:
        mine = await vault.seal(tx, "acme", "abc123/1", NAME)
        other = await vault.seal(tx, "acme", "abc123/2", NAME)
    assert await database.write(lambda tx: vault.erase(tx, "acme", "abc123/1", "asked by the customer"))
    assert not await database.write(lambda tx: vault.erase(tx, "acme", "abc123/1", "again"))

    async with database.transaction() as tx:
        with pytest.raises(SubjectErased):
            await vault.open(tx, "acme", "abc123/1", mine)
        with pytest.raises(SubjectErased):
            await vault.cipher(tx, "acme", "abc123/1")
        assert await vault.open(tx, "acme", "abc123/2", other) == NAME


async def test_a_subject_never_heard_of_can_be_erased(database: Database, vault: Vault) -> None:
    """The tombstone blocks data that would come later."""
    assert await database.write(lambda tx: vault.erase(tx, "acme", "abc123/9", "asked"))

    async with database.transaction() as tx:
        with pytest.raises(SubjectErased):
            await vault.seal(tx, "acme", "abc123/9", NAME)


async def test_keys_are_wrapped_anew_under_the_next_master_key(database: Database, vault: Vault) -> None:
    """After rewrapping, the former master key is needed no more; erased subjects stay erased."""
    async with database.transaction() as tx:
        sealed = await vault.seal(tx, "acme", "abc123/1", NAME)
        await vault.seal(tx, "acme", "abc123/2", NAME)
        await vault.erase(tx, "acme", "abc123/2", "asked")
    rotating = Vault(NEXT, SystemRuntime(), former=[MASTER])

    async with database.transaction() as tx:
        assert await rotating.rewrap(tx, "acme") == 1
        assert await rotating.rewrap(tx, "acme") == 0
        assert await Vault(NEXT, SystemRuntime()).open(tx, "acme", "abc123/1", sealed) == NAME
        assert (await subjects.of(tx, "acme", ["abc123/2"]))["abc123/2"].wrapped_key is None


async def test_two_processes_make_one_key(database_url: str, vault: Vault) -> None:
    """The key in the table is the one that counts, whoever made it."""
    one, two = Database(database_url), Database(database_url)
    first = await one.write(lambda tx: vault.seal(tx, "acme", "abc123/1", NAME))
    second = await two.write(lambda tx: Vault(MASTER, SystemRuntime()).seal(tx, "acme", "abc123/1", NAME))

    async with one.read() as tx:
        assert await vault.open(tx, "acme", "abc123/1", first) == NAME
        assert await vault.open(tx, "acme", "abc123/1", second) == NAME
    await one.close()
    await two.close()
