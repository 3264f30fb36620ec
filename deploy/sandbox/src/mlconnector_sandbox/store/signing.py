"""The signature of a callback, the Standard Webhooks way; pure."""

import base64
import hashlib
import hmac

__all__ = ["signature_headers"]


def signature_headers(client_secret: str, webhook_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Give the three headers; the key is the secret's own bytes, the message is id, timestamp and raw body."""
    message = f"{webhook_id}.{timestamp}.".encode() + body
    digest = hmac.new(client_secret.encode(), message, hashlib.sha256).digest()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
