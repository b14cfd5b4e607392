"""Print a `.env` for this machine alone, with random secrets. `make run` keeps it, once."""

import secrets
import sys


def first_env() -> str:
    """The file's text."""
    return (
        "# Made by `make run` for this machine alone; .env.example explains every variable.\n"
        f"SECRET_KEY={secrets.token_urlsafe(50)}\n"
        "DEBUG=true\n"
        "PORTAL_ENVIRONMENT=sandbox\n"
        f"ONEMG_WEBHOOK_TOKENS={secrets.token_urlsafe(24)}\n"
    )


if __name__ == "__main__":
    sys.stdout.write(first_env())
