"""What `make check` asks beside lint and types: `python -m tests.check_project`.

One line a check, and why where it failed; exit code 1 when any did.

    migrations    every model change has its migration
    deploy        Django's own production checks have nothing to say about an environment like production's
    faults page   docs/faults.md is what the tests say today
    files         nothing that goes into the repository holds a secret, a path of somebody's machine or a registry

Runs in an environment of its own: random secrets, an empty SQLite file, nothing of `.env`.
"""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# One character of each pattern stands in a class of its own, so that this file does not find itself.
PATTERNS: dict[str, re.Pattern[str]] = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{16}"),
    "a cloud or repository key": re.compile(
        r"\b(AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,})"
    ),
    "a JWT": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    "a password in a URL": re.compile(r"[a-z]+://[^\s/:@<>{}$\"']+:(?!\[?pass|\*|…|\.\.\.)[^\s/:@<>{}$\"']{6,}@"),
    "a secret in a setting": re.compile(
        r"^\s*(?:export )?[A-Z_]*(?:SECRET|TOKENS?|PASSWORD|ACCESS_KEY|PRIVATE_KEY)[A-Z_]*"
        r" ?[=:] ?[\"']?(?=\S*\d)[A-Za-z0-9_+/-]{24,}"
    ),
    "a path of one machine": re.compile(
        r"(?<![\w.:/-])/(?:[w]ork|[r]oot|[h]ome/[a-z][\w.-]*|[U]sers/[A-Za-z][\w.-]*)(?![\w-])"
    ),
    "a package registry": re.compile(
        r"(?:[p]ypi\.org|[p]ythonhosted\.org|registry\.[n]pmjs|proxy\.[g]olang|[a]rtifactory|[j]frog|[n]exus\.|[-]?index[-_]url)",
        re.I,
    ),
}
#: Words that mark a value as made up, or as made on the spot.
_MADE_UP = re.compile(r"test-|example|changeme|secrets\.|token_urlsafe|\bos\.environ|env\.|\$\(|…|<", re.I)


def environment(directory: str) -> dict[str, str]:
    """What a production server would have in its environment, made up for this run."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")}
    return keep | {
        "PORTAL_ENV_FILE": "",
        "PYTHONWARNINGS": "error::DeprecationWarning:django",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DEBUG": "false",
        "ALLOWED_HOSTS": "portal.example",
        "CSRF_TRUSTED_ORIGINS": "https://portal.example",
        "DATABASE_URL": f"sqlite:///{directory}/check.sqlite3",
        "ONEMG_WEBHOOK_TOKENS": secrets.token_urlsafe(32),
        "ONEMG_PAYMENT_TOKENS": secrets.token_urlsafe(32),
    }


def run(*command: str) -> str:
    """Run Python with `command`; "" when it went well, else what it said."""
    with tempfile.TemporaryDirectory(prefix="portal-check-") as directory:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=environment(directory),
            capture_output=True,
            text=True,
            timeout=300,
        )
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"


def files() -> Iterator[tuple[str, str]]:
    """Name and text of every text file that is tracked, or would be by the next `git add`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        path = ROOT / name
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            yield name, data.decode("utf-8", "replace")


def findings(text: str, own: frozenset[str] = frozenset()) -> list[tuple[int, str]]:
    """Line number and kind of everything in `text` that must not be published. `own`: secrets of this very checkout."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        for kind, pattern in PATTERNS.items():
            if (hit := pattern.search(line)) and not (kind.startswith("a secret") and _MADE_UP.search(hit[0])):
                found.append((number, kind))
        found += [(number, "a secret of this checkout's .env") for secret in own if secret in line]
    if PATTERNS["a private key"].search(text):
        found.append((text[: PATTERNS["a private key"].search(text).start()].count("\n") + 1, "a private key"))  # type: ignore[union-attr]
    return found


def own_secrets() -> frozenset[str]:
    """The long values of this checkout's own `.env`, which must stand nowhere else."""
    path = ROOT / ".env"
    lines = path.read_text().splitlines() if path.exists() else []
    values = [value for line in lines for value in line.partition("=")[2].strip("\"' ").split(",")]
    return frozenset(value for value in values if len(value) >= 20 and re.search(r"\d", value) and "/" not in value)


def scan() -> str:
    """Every file once; "" when there is nothing to say, never the secret itself."""
    own = own_secrets()
    return "\n".join(f"{name}:{line}: {kind}" for name, text in files() for line, kind in findings(text, own))


CHECKS = {
    "every model change has a migration": lambda: run("manage.py", "makemigrations", "--check", "--dry-run"),
    "Django's production checks are silent": lambda: run("manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    "docs/faults.md is fresh": lambda: run("-m", "tests.faults_page", "--check"),
    "no secret, machine path or registry in the files": scan,
}


def main() -> int:
    """Run them all; 1 when any failed."""
    failed = 0
    for name, check in CHECKS.items():
        if problem := check():
            failed = 1
            print(f"FAILED  {name}\n{problem}")
        else:
            print(f"ok      {name}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
