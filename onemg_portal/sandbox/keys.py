"""The RSA key that 1mg would give the merchant: in the sandbox, one made on this machine."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

#: Where `make run` keeps it, relative to the portal's directory.
PRIVATE_KEY_FILE: Final = "var/sandbox-1mg-key.pem"


def make_missing(file: Path) -> None:
    """Make the key, readable by its owner alone, unless it is there. Two at once make one."""
    if file.exists():
        return
    key = rsa.generate_private_key(65537, 2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f"{file.name}.{secrets.token_hex(6)}")
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(key.private_bytes(*form))
    with contextlib.suppress(FileExistsError):
        os.link(new, file)
    new.unlink()


def public_half(private_key: str) -> str:
    """The public key of a private one, both PEM. Raises `ValueError` for what is none."""
    key = serialization.load_pem_private_key(private_key.encode(), None).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
