"""Requests as the portal makes them to both partners, and what really happened there."""

from __future__ import annotations

import json
import socket
import time
from functools import cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from onemg_portal.sandbox.partners.server import Partners

ADDRESS = {
    "address_1": "7",
    "street": "Namuna Marg",
    "landmark": "",
    "area": "Kalpana",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
    "address_type": "home",
}
KEYS = {"access_key": "access_key_sandbox", "access_secret": "access_secret_sandbox"}
BODY = {"merchant_order_id": "M1", "order_id": "PO1"}


@cache
def key_pair(number: int) -> tuple[str, str]:
    """An RSA key for the tests: private and public half as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def bearer(*, pair: int = 1, algorithm: str = "RS256", seconds: int = 900, at: float = 0, **more: Any) -> str:
    """A JWT as the portal makes it; `more` are further claims, `at` moves it in time."""
    now = int(time.time() + at)
    key = key_pair(pair)[0] if algorithm == "RS256" else "x" * 32
    return jwt.encode({"iat": now, "exp": now + seconds, **more}, key, algorithm=algorithm)


def ask(partners: Partners, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    """One request as it is, following nothing."""
    with requests.Session() as session:
        session.trust_env = False
        data = body if isinstance(body, bytes) else json.dumps(body)
        return session.request(
            method, partners.base_url + path, data=data, headers=headers, timeout=60, allow_redirects=False
        )


def confirm(
    partners: Partners,
    order_id: str = "PO1",
    *,
    body: Any = BODY,
    token: str | None = None,
    merchant: str = "demo-merchant",
    **headers: str,
) -> requests.Response:
    """Confirm an order at 1mg as the portal does."""
    headers = {"X-Access-Key": "1mg_client_access_key", "Authorization": f"Bearer {token or bearer()}"} | headers
    return ask(partners, "PUT", f"/api/v4/merchants/{merchant}/orders/{order_id}/confirm", body, **headers)


def nimbbl_token(partners: Partners) -> str:
    """A live token."""
    return str(ask(partners, "POST", "/api/v3/generate-token", KEYS).json()["token"])


def update(partners: Partners, body: dict[str, Any], token: str | None = None) -> requests.Response:
    """Update an order at Nimbbl."""
    token = token or nimbbl_token(partners)
    return ask(partners, "PATCH", "/api/v3/update-order", body, Authorization=f"Bearer {token}")


def enquire(partners: Partners, **body: str) -> requests.Response:
    """Ask Nimbbl for the payments of an order."""
    return ask(partners, "POST", "/api/v3/transaction-enquiry", body, Authorization=f"Bearer {nimbbl_token(partners)}")


def raw(
    partners: Partners, *, order_id: str = "PO1", seconds: float = 60, enough: int = 1_000_000_000
) -> tuple[bytes, str]:
    """A confirm over a bare socket: what came within `seconds`, or `enough` bytes of it, and how it ended.

    That is "closed", "reset" or, where it has not, "open".
    """
    body = json.dumps({"merchant_order_id": "M1", "order_id": order_id}).encode()
    head = (
        f"PUT /api/v4/merchants/demo-merchant/orders/{order_id}/confirm HTTP/1.1\r\nHost: x\r\nX-Access-Key: k\r\n"
        f"Authorization: Bearer {bearer()}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    got, end = b"", time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", partners.port)) as connection:
        connection.sendall(head + body)
        try:
            while (left := end - time.monotonic()) > 0 and len(got) < enough:
                connection.settimeout(left)
                part = connection.recv(65_536)
                if not part:
                    return got, "closed"
                got += part
        except TimeoutError:
            pass
        except ConnectionResetError:
            return got, "reset"
    return got, "open"


def taken(partners: Partners, order_id: str = "PO1") -> tuple[int, int]:
    """How many confirms came in, and how many took effect."""
    effects = partners.effects(order_id)
    return effects["confirms_received"], effects["confirms_taken"]
