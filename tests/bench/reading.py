"""What reading a purchase costs: its page and its answer in the API, with few and with many updates. `make bench`.

    python -m tests.bench.reading [--against DIRECTORY] [--rounds N]

A purchase with 400 updates is to be read within 150 ms (p95). `--against` measures another checkout in the same run, a
reading of one after a reading of the other:

    git worktree add /tmp/before COMMIT && ln -s $PWD/.venv /tmp/before/.venv
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from tests import server
from tests.bench import bodies
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-reading.json"
FEW, MANY = 30, 400
GOAL_MS = 150.0
#: In whichever checkout it is started: takes in bodies, then reads what it is told to and prints milliseconds.
_READER = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
import onemg_portal.wsgi
from django.conf import settings
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
from django.contrib.auth.models import Group, User
from django.test import Client
from orders.models import ApiKey
token, bodies = json.loads(sys.stdin.readline())
_key, secret = ApiKey.issue("bench")
user = User.objects.create_user("operations")
user.groups.add(Group.objects.get(name="Operations"))
browser = Client(SERVER_NAME="127.0.0.1")
browser.force_login(user)
client = Client(SERVER_NAME="127.0.0.1")
for body in bodies:
    headers = {"Authorization": "Token " + token}
    said = client.post("/update-status/", body, content_type="application/json", headers=headers)
    assert said.json()["status"] == "SUCCESS", said.content
print("ready", flush=True)
for path in sys.stdin:
    asked, headers = (browser, {}) if path.startswith("/orders/") else (client, {"Authorization": "Token " + secret})
    started = time.perf_counter()
    answer = asked.get(path.strip(), headers=headers)
    took = time.perf_counter() - started
    assert answer.status_code == 200, answer.status_code
    print(took * 1000, flush=True)
"""


def main() -> None:
    """Fill both, read in turns, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--against", type=Path, help="the directory of another checkout")
    options.add_argument("--rounds", type=int, default=60)
    given = options.parse_args()
    roots = {"ours": server.ROOT} | ({"other": given.against.resolve()} if given.against else {})
    with contextlib.ExitStack() as stack:
        readers = {name: stack.enter_context(reading(root)) for name, root in roots.items()}
        report = {path: _in_turns(readers, path, given.rounds) for path in _paths()}
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def _paths() -> list[str]:
    return [f"{kind}/M{many}/" for many in (FEW, MANY) for kind in ("/orders", "/api/orders")]


def _bodies() -> list[str]:
    """Two purchases of one order each, one with few updates and one with many."""
    found = []
    for many in (FEW, MANY):
        (purchase,) = bodies.about([(f"PO{many}", f"M{many}")])
        found += [purchase.next().decode() for _ in range(many)]
    return found


@contextlib.contextmanager
def reading(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of that checkout, on a PostgreSQL of its own, that has taken everything in and waits to be asked."""
    before, server.ROOT = server.ROOT, root
    try:
        url = start_postgresql()
        done = server.manage(url, "migrate", "-v0")
    finally:
        server.ROOT = before
    assert done.returncode == 0, done.stderr
    environment = server.environment(url, DJANGO_SETTINGS_MODULE="onemg_portal.settings")
    command = [sys.executable, "-c", _READER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=root, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        _ask(process, json.dumps([server.TOKEN, _bodies()]))
        yield process
        cast(IO[str], process.stdin).close()


def _ask(process: subprocess.Popen[str], line: str) -> str:
    stdin, stdout = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
    stdin.write(f"{line}\n")
    stdin.flush()
    return stdout.readline()


def _in_turns(readers: dict[str, subprocess.Popen[str]], path: str, rounds: int) -> dict[str, dict[str, float]]:
    """Median and p95 of each, in milliseconds; the first three readings warm up."""
    took: dict[str, list[float]] = {name: [] for name in readers}
    for number in range(rounds + 3):
        for name in sorted(readers, reverse=bool(number % 2)):
            took[name].append(float(_ask(readers[name], path)))
    return {
        name: {"median": statistics.median(values[3:]), "p95": statistics.quantiles(values[3:], n=20)[-1]}
        for name, values in took.items()
    }


def show(report: dict[str, dict[str, dict[str, float]]]) -> None:
    """The table."""
    for path, sides in report.items():
        ours = sides["ours"]
        missed = "  MISSED" if f"M{MANY}" in path and ours["p95"] > GOAL_MS else ""
        beside = "".join(
            f"   before: median {other['median']:.1f}, p95 {other['p95']:.1f}; {ours['median'] / other['median']:.2f} x"
            for name, other in sides.items()
            if name == "other"
        )
        print(f"{path:<22} median {ours['median']:6.1f} ms, p95 {ours['p95']:6.1f} ms{missed}{beside}")


if __name__ == "__main__":
    main()
