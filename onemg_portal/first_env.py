"""Print a `.env` for this machine alone, with random secrets, and make the key it names. `make run` keeps it, once."""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from onemg_portal.sandbox import keys
from onemg_portal.sandbox.partners.agreed import Agreed

_ADDRESSES = ("ONEMG_BASE_URL", "NIMBBL_BASE_URL")
PROJECT = Path(__file__).resolve().parent.parent


def partners(port: int = 8001) -> dict[str, str]:
    """What the portal needs to know of the partners that the sandbox plays at this port, with new secrets."""
    address = f"http://127.0.0.1:{port}"
    return {
        "ONEMG_PAYMENT_TOKENS": secrets.token_urlsafe(24),
        "ONEMG_BASE_URL": address,
        "ONEMG_MERCHANT_ID": "demo-merchant",
        "ONEMG_PRIVATE_KEY_FILE": keys.PRIVATE_KEY_FILE,
        "ONEMG_TRACK_ORDER": Agreed().onemg_track_order,
        "NIMBBL_BASE_URL": address,
        "NIMBBL_ACCESS_KEY": f"access_key_{secrets.token_hex(8)}",
        "NIMBBL_ACCESS_SECRET": f"access_secret_{secrets.token_hex(8)}",
    }


def partners_for(port: int, given: Mapping[str, str]) -> dict[str, str]:
    """The same for an environment that has some of it: what it lacks, and both addresses whatever it says."""
    wanted = partners(port)
    if given.get("ONEMG_PRIVATE_KEY") or given.get("ONEMG_BEARER_TOKEN"):
        del wanted["ONEMG_PRIVATE_KEY_FILE"]
    return {name: value for name, value in wanted.items() if name in _ADDRESSES or not given.get(name)}


def first_env() -> str:
    """The file's text."""
    return (
        "# Made by `make run` for this machine alone; .env.example explains every variable.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        "DEBUG=true\n"
        "PORTAL_ENVIRONMENT=sandbox\n"
        f"ONEMG_WEBHOOK_TOKENS={secrets.token_urlsafe(24)}\n"
        + "".join(f"{name}={value}\n" for name, value in partners().items())
    )


if __name__ == "__main__":
    keys.make_missing(PROJECT / keys.PRIVATE_KEY_FILE)
    sys.stdout.write(first_env())
