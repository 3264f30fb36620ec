"""The store's callbacks are signed, repeated, held back and given up as BigCommerce does it."""

import base64
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks.webhooks import Webhook

from tests.support.receiver import Received, Receiver, a_receiver, eventually
from tests.support.store import StoreClient, a_store

# Twelve deliveries in 48 hours become twelve in about a tenth of a second.
FAST = 5e-7
CREATED = "store/order/created"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Listen for callbacks."""
    async with a_receiver() as listening:
        yield listening


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store that retries fast."""
    async with a_store(retry_factor=FAST) as client:
        yield client


async def register(store: StoreClient, receiver: Receiver, scope: str = CREATED, **fields: Any) -> dict[str, Any]:
    """Register a hook."""
    body = {"scope": scope, "destination": f"{receiver.origin}/callbacks/abc123", "is_active": True, **fields}
    answer = await store.rest("/v3/hooks", "POST", body)
    assert answer.status == 200, answer.raw
    return dict(answer.body["data"])


def verify(secret: str, callback: Received) -> Any:
    """Verify a callback with an independent library."""
    return Webhook(base64.b64encode(secret.encode()).decode()).verify(callback.raw, callback.headers)


async def states(store: StoreClient) -> list[str]:
    """Give the states of all deliveries."""
    return [row["state"] for row in (await store.control("/deliveries")).body["data"]]


async def test_library_accepts_the_signature(store: StoreClient, receiver: Receiver) -> None:
    """The id is the body's hash, and the hook's own headers come along."""
    await register(store, receiver, headers={"X-Relay-Secret": "s3cret"})
    order_id = await store.describe()
    (callback,) = await receiver.wait_for(1)

    assert verify(store.account.client_secret, callback)["data"] == {"type": "order", "id": order_id}
    assert callback.headers["webhook-id"] == callback.body["hash"]
    assert len(callback.body["hash"]) == 40
    assert callback.headers["x-relay-secret"] == "s3cret"
    assert callback.headers["content-type"] == "application/json"
    assert callback.body["store_id"] == str(store.simulator.store_id)


async def test_every_account_signs_with_its_own_secret(store: StoreClient, receiver: Receiver) -> None:
    """Hooks belong to the client that made them, and only it sees them."""
    other = (await store.control("/accounts", "POST", {})).body
    body = {"scope": CREATED, "destination": receiver.origin, "is_active": True}
    await store.rest("/v3/hooks", "POST", body, other["access_token"])
    await store.describe()
    (callback,) = await receiver.wait_for(1)

    assert verify(other["client_secret"], callback)
    assert (await store.rest("/v3/hooks")).body["data"] == []


async def test_one_checkout_fires_several_events(store: StoreClient, receiver: Receiver) -> None:
    """Created, moved on from Incomplete, updated: each with a hash of its own."""
    for event in ("created", "updated", "statusUpdated"):
        await register(store, receiver, f"store/order/{event}")
    await store.describe()
    callbacks = await receiver.wait_for(3)

    assert {callback.body["scope"].rsplit("/", 1)[1] for callback in callbacks} == {
        "created",
        "updated",
        "statusUpdated",
    }
    assert len({callback.body["hash"] for callback in callbacks}) == 3


async def test_only_active_hooks_of_the_scope_get_callbacks(store: StoreClient, receiver: Receiver) -> None:
    """An inactive or deleted hook gets nothing, not even what was fired before it became so."""
    await register(store, receiver, is_active=False)
    await register(store, receiver, "store/product/updated")
    gone = await register(store, receiver, "store/order/updated")
    off = await register(store, receiver, "store/order/statusUpdated")
    await store.control("/callbacks", "PATCH", {"paused": True})
    await store.describe()
    await store.rest(f"/v3/hooks/{gone['id']}", "DELETE")
    await store.rest(f"/v3/hooks/{off['id']}", "PUT", {"is_active": False})
    await store.control("/callbacks", "PATCH", {"paused": False})
    await store.control("/products/111", "PUT", {"name": "Renamed"})
    callbacks = await receiver.wait_for(1)

    assert [callback.body["scope"] for callback in callbacks] == ["store/product/updated"]
    assert await states(store) == ["dropped", "dropped", "delivered"]


async def test_failures_are_repeated_eleven_times_then_the_hook_is_off(store: StoreClient, receiver: Receiver) -> None:
    """Same bytes, same id, a signature that holds each time; a deactivated hook can be activated again."""
    receiver.answer = lambda _: 500
    hook = await register(store, receiver)
    await store.describe()
    callbacks = await receiver.wait_for(12)
    await eventually(lambda: not store.simulator.hooks.get(hook["id"]).is_active)  # type: ignore[union-attr]

    assert len({callback.raw for callback in callbacks}) == 1
    assert all(verify(store.account.client_secret, callback) for callback in callbacks)
    assert await states(store) == ["exhausted"]
    admin = (await store.rest("/v3/hooks/admin")).body["data"]
    assert [entry["status"] for entry in admin["hooks_list"]] == ["deactivated"]
    await store.rest(f"/v3/hooks/{hook['id']}", "PUT", {"is_active": True})
    receiver.answer = lambda _: 200
    await store.describe()
    await receiver.wait_for(13)


async def test_delays_grow_by_the_schedule(receiver: Receiver) -> None:
    """At a thousandth the second delivery comes after 60 ms, the third 180 ms later."""
    async with a_store(retry_factor=0.001) as store:
        answers = iter([500, 500, 200])
        receiver.answer = lambda _: next(answers)
        await register(store, receiver)
        await store.describe()
        first, second, third = await receiver.wait_for(3)

    assert second.at - first.at >= 0.06
    assert third.at - second.at >= 0.18


@pytest.mark.parametrize("status", [301, 404, 503])
async def test_anything_but_2xx_is_repeated(store: StoreClient, receiver: Receiver, status: int) -> None:
    """A redirect is not followed."""
    answers = iter([status, 204])
    receiver.answer = lambda _: next(answers)
    await register(store, receiver)
    await store.describe()
    callbacks = await receiver.wait_for(2)

    assert {callback.path for callback in callbacks} == {"/callbacks/abc123"}


async def test_silence_is_a_failure(store: StoreClient, receiver: Receiver) -> None:
    """An answer after the deadline does not count; nor does nobody listening."""
    await store.control("/callbacks", "PATCH", {"ack_timeout_seconds": 0.05})
    receiver.delay_seconds = 0.2
    await register(store, receiver)
    await register(store, receiver, destination="http://127.0.0.1:9/nobody")
    await store.describe()
    await receiver.wait_for(2)
    rows = (await store.control("/deliveries")).body["data"]

    assert all(row["attempts"][0]["status"] is None for row in rows)
    assert all(row["attempts"][0]["error"] for row in rows)


async def test_retries_may_keep_their_first_stamp(receiver: Receiver) -> None:
    """Whether BigCommerce stamps retries anew is not documented: both can be had."""
    async with a_store(retry_factor=0.018) as store:
        await store.control("/callbacks", "PATCH", {"restamp_retries": False})
        answers = iter([500, 200])
        receiver.answer = lambda _: next(answers)
        await register(store, receiver)
        await store.describe()
        first, second = await receiver.wait_for(2)

    assert second.at - first.at > 1
    assert first.headers["webhook-timestamp"] == second.headers["webhook-timestamp"]


async def test_copies_arrive_together_with_one_hash(store: StoreClient, receiver: Receiver) -> None:
    """Three of them before the first is answered."""
    await store.control("/callbacks", "PATCH", {"copies": 3})
    receiver.delay_seconds = 2
    await register(store, receiver)
    await store.describe()
    callbacks = await receiver.wait_for(3)

    assert max(callback.at for callback in callbacks) - min(callback.at for callback in callbacks) < 2
    assert len({callback.body["hash"] for callback in callbacks}) == 1


async def test_lost_callbacks_never_come(store: StoreClient, receiver: Receiver) -> None:
    """But can be sent by hand, with the hash they would have had."""
    await store.control("/callbacks", "PATCH", {"loss": 1})
    await register(store, receiver)
    await store.describe()
    assert await states(store) == ["lost"]
    (lost,) = (await store.control("/deliveries?state=lost")).body["data"]
    await store.control(f"/deliveries/{lost['id']}/redeliver", "POST")
    (callback,) = await receiver.wait_for(1)

    assert callback.body["hash"] == lost["digest"]
    assert (await store.control("/deliveries/1/redeliver", "POST")).status == 404


async def test_disorder_shuffles(store: StoreClient, receiver: Receiver) -> None:
    """Twenty events within a tenth of a second do not come in their order."""
    await store.control("/callbacks", "PATCH", {"disorder_seconds": 0.1})
    await register(store, receiver)
    placed = [await store.describe() for _ in range(20)]
    callbacks = await receiver.wait_for(20)

    arrived = [callback.body["data"]["id"] for callback in callbacks]
    assert sorted(arrived) == placed
    assert arrived != placed


async def test_paused_callbacks_wait(store: StoreClient, receiver: Receiver) -> None:
    """And come when the pause ends."""
    await store.control("/callbacks", "PATCH", {"paused": True})
    await register(store, receiver)
    await store.describe()
    assert await states(store) == ["waiting"]
    assert receiver.received == []
    await store.control("/callbacks", "PATCH", {"paused": False})
    await receiver.wait_for(1)


async def test_bad_ratio_blocks_the_domain(receiver: Receiver) -> None:
    """After a hundred answers with too few good ones nothing is sent for a while, and the admin resource says so."""
    async with a_store(retry_factor=0.5) as store:
        receiver.answer = lambda _: 500
        await register(store, receiver)
        await store.control("/orders/generate?events=created", "POST", {"count": 100})
        await receiver.wait_for(100)

        async def blocked() -> list[Any]:
            return list((await store.rest("/v3/hooks/admin")).body["data"]["blocked_domains"])

        while not await blocked():
            pass
        (entry,) = await blocked()
        assert 0 < entry["time_left"] <= 90
        assert entry["reasons"][0]["count"] == 100
        receiver.answer = lambda _: 200
        await store.describe()
        await eventually(
            lambda: any("blocked" in a.error for d in store.simulator.callbacks.deliveries() for a in d.attempts)
        )
        assert len(receiver.received) == 100
        await store.control("/callbacks", "PATCH", {"blocklist": False})
        await store.describe()
        await receiver.wait_for(101)


async def test_exception_hook_hears_of_failures(store: StoreClient, receiver: Receiver) -> None:
    """That a delivery will be retried, and that a hook was given up."""
    receiver.answer = lambda callback: 200 if callback.path == "/monitor" else 500
    await register(store, receiver)
    await register(store, receiver, "store/hook/deliveryException", destination=f"{receiver.origin}/monitor")
    await store.describe()
    await eventually(
        lambda: any(c.path == "/monitor" and c.body["data"]["error_code"] == 90002 for c in receiver.received)
    )
    codes = [c.body["data"]["error_code"] for c in receiver.received if c.path == "/monitor"]

    assert (codes[0], codes[-1]) == (90001, 90002)


async def test_waiting_callbacks_survive_a_restart(receiver: Receiver, tmp_path: Path) -> None:
    """With hook, secret and order."""
    async with a_store(state=tmp_path) as store:
        await store.control("/callbacks", "PATCH", {"paused": True})
        await register(store, receiver)
        order_id = await store.describe()
    async with a_store(state=tmp_path) as again:
        (callback,) = await receiver.wait_for(1)

        assert verify(store.account.client_secret, callback)["data"]["id"] == order_id
        assert again.account == store.account
        assert (await again.rest(f"/v2/orders/{order_id}")).status == 200


async def test_tls_is_verified_against_the_given_ca(tmp_path: Path) -> None:
    """Without it the same destination is a failure."""
    certificate = _certificate(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    async with a_receiver(tls) as receiver:
        async with a_store(ca_file=certificate) as store:
            await register(store, receiver)
            await store.describe()
            await receiver.wait_for(1)
        async with a_store() as store:
            await register(store, receiver)
            await store.describe()
            deliveries = store.simulator.callbacks.deliveries
            await eventually(lambda: any(delivery.attempts for delivery in deliveries()))
            (delivery,) = deliveries()
            assert "certificate" in delivery.attempts[0].error.lower()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / "receiver.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path
