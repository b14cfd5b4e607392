"""What acting costs: a confirmation over the bare call, and updates received while confirmations hang. `make bench`.

python -m tests.bench.acting [--quick]

confirm    from the press to the committed outcome, less the bare HTTP call to the same partner; a purchase after
           another, in turns with bare calls. The partner answers in another process. Goal: 10 ms more, median.
ingest     the p99 of updates received while 50 confirmations hang on a silent partner, over the p99 without them,
           in rounds of both. Goal: 1.2 times at most.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests import server
from tests.bench import bodies
from tests.bench.load import closed_loop, message
from tests.forms import fields
from tests.plugin import start_postgresql

REPORT = server.ROOT / "bench-acting.json"
HANGING = 50
GOALS = {"confirm_ms_over_bare": 10.0, "ingest_p99": 1.2}
_PLAY = """
import sys
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
with Partners(Agreed(public_key=sys.argv[1], merchant_url=sys.argv[2], payment_token=sys.argv[3])) as partners:
    print(partners.port, flush=True)
    sys.stdin.read()
"""


def main() -> None:
    """Start everything, measure, report."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])  # type: ignore[union-attr]
    options.add_argument("--quick", action="store_true", help="fewer calls and rounds")
    calls, rounds = (40, 1) if options.parse_args().quick else (200, 3)
    private, public = keys()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as directory, partners(public) as base_url:
        configured = {
            "ONEMG_BASE_URL": base_url,
            "ONEMG_MERCHANT_ID": "demo-merchant",
            "ONEMG_PRIVATE_KEY": private,
            "PORTAL_ENVIRONMENT": "sandbox",
        }
        url = start_postgresql()
        done = server.manage(url, "migrate", "-v0", **configured)
        assert done.returncode == 0, done.stderr
        os.environ.update(server.environment(url, DJANGO_SETTINGS_MODULE="onemg_portal.settings", **configured))
        import django

        django.setup()
        report = {"confirm": confirm(base_url, calls)}
        with server.serving(url, Path(directory, "log"), **configured) as portal:
            report["ingest"] = ingest(portal, base_url, rounds)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    show(report)


def confirm(base_url: str, calls: int) -> dict[str, float]:
    """Milliseconds of a bare call and of a whole confirmation, medians, and what the second has over the first."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.utils import timezone

    from orders.actors import Actor
    from payments import outbox, services
    from payments.models import PartnerCall
    from payments.partners import clients, http

    person, client = Actor.of(User.objects.create_user("bench")), clients.for_onemg()
    assert client is not None
    bare, ours = [], []
    for number in range(-10, calls):
        name, other = f"B{number + 10}", f"A{number + 10}"
        _register(base_url, name)
        _tell(base_url, other)
        started = time.perf_counter()
        request = client.confirm(other, f"PO{other}", now=timezone.now())
        assert http.send(request, hosts=settings.PARTNER_HOSTS).code == 200
        between = time.perf_counter()
        call = services.confirm(name, by=person)
        assert outbox.drain(20)
        ended = time.perf_counter()
        assert PartnerCall.objects.get(pk=call.pk).state == "succeeded"
        if number >= 0:  # the first ones warm up
            bare.append((between - started) * 1000)
            ours.append((ended - between) * 1000)
    over = [mine - plain for mine, plain in zip(ours, bare, strict=True)]
    return {
        "calls": calls,
        "bare_ms": round(statistics.median(bare), 2),
        "confirm_ms": round(statistics.median(ours), 2),
        "over_ms": round(statistics.median(over), 2),
        "over_ms_p90": round(statistics.quantiles(over, n=10)[-1], 2),
    }


def ingest(portal: server.Server, base_url: str, rounds: int) -> dict[str, Any]:
    """p99 of updates with and without hanging confirmations, a pair a round."""
    known = bodies.purchases(400, "K")
    stored = [message("/update-status/", purchase.next(), server.TOKEN) for purchase in known]
    assert closed_loop(portal.port, stored, 60, b"SUCCESS").failures == 0
    cookies = signed_in()
    pairs, hung = [], []
    for number in range(rounds):
        quiet = _p99(portal, known)
        names = press_many(portal, base_url, f"H{number}-", cookies)
        hung.append(sending(names))
        busy = _p99(portal, known)
        pairs.append((quiet, busy))
        end(names)
    ratios = [busy / quiet for quiet, busy in pairs]
    return {
        "rounds": [{"p99_ms": round(quiet, 2), "p99_ms_hanging": round(busy, 2)} for quiet, busy in pairs],
        "calls_hanging_at_once": hung,
        "ratio": round(statistics.median(ratios), 2),
        "ratios": ratios,
    }


def show(report: dict[str, Any]) -> None:
    """The table."""
    one, two = report["confirm"], report["ingest"]
    verdict = "reached" if one["over_ms"] <= GOALS["confirm_ms_over_bare"] else "MISSED"
    print(
        f"a confirmation: {one['confirm_ms']} ms, the bare call {one['bare_ms']} ms: {one['over_ms']} ms more "
        f"(p90 {one['over_ms_p90']}), goal {GOALS['confirm_ms_over_bare']:.0f} {verdict}"
    )
    for number, pair in enumerate(two["rounds"]):
        print(
            f"updates: p99 {pair['p99_ms']} ms, and {pair['p99_ms_hanging']} ms while {HANGING} confirmations are "
            f"asked for and {two['calls_hanging_at_once'][number]} hang at once"
        )
    verdict = "reached" if two["ratio"] <= GOALS["ingest_p99"] else "MISSED"
    print(f"with / without: {two['ratio']:.2f}, goal {GOALS['ingest_p99']} {verdict}")


# --- pieces -----------------------------------------------------------------------------------------------------------


def _p99(portal: server.Server, known: list[Any]) -> float:
    """Of five seconds of updates, in milliseconds."""
    some = itertools.islice(bodies.updates(known, 20_000), 20_000)
    run = closed_loop(portal.port, (message("/update-status/", b, server.TOKEN) for b in some), 5, b"SUCCESS")
    assert run.failures == 0
    return run.percentile(0.99)


def press_many(portal: server.Server, base_url: str, prefix: str, cookies: dict[str, str]) -> list[str]:
    """Have so many confirmations pressed that a silent 1mg is called by every thread that there is; their purchases."""
    names = [f"{prefix}{n}" for n in range(HANGING)]
    for name in names:
        _register(base_url, name)
        _ask(base_url, "misbehaviour", order_id=f"PO{name}", kind="times-out-before-acting")
    for name in names:
        _press(portal, name, cookies)
    time.sleep(1)
    return names


def _register(base_url: str, name: str) -> None:
    from orders.actors import Actor
    from orders.choices import PaymentMethod
    from payments.registration import services as registration

    _tell(base_url, name)
    registration.register(registration.Registration(name, f"PO{name}", PaymentMethod.ONLINE), by=Actor("bench"))


def _tell(base_url: str, name: str) -> None:
    _ask(base_url, "orders", merchant_order_id=name, onemg_order_id=f"PO{name}")


def _ask(base_url: str, what: str, **body: Any) -> None:
    answer = requests.post(f"{base_url}/_sandbox/{what}", json=body, timeout=10)
    assert answer.ok, answer.text


def signed_in() -> dict[str, str]:
    """The cookies of a member of staff who may act."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user = User.objects.create_superuser("presser")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"sessionid": str(session.session_key), "csrftoken": secrets.token_hex(16)}


def _press(portal: server.Server, name: str, cookies: dict[str, str]) -> None:
    """Open the page and press its button."""
    url = f"http://127.0.0.1:{portal.port}/orders/{name}/confirm/"
    header = "; ".join(f"{key}={value}" for key, value in cookies.items())
    form = fields(requests.get(url, headers={"Cookie": header}, timeout=20).text)
    form |= {"csrfmiddlewaretoken": cookies["csrftoken"]}
    answer = requests.post(url, form, headers={"Cookie": header}, timeout=20, allow_redirects=False)
    assert answer.status_code == 302, (answer.status_code, answer.text[:500])


def sending(names: list[str]) -> int:
    from payments.models import PartnerCall

    return PartnerCall.objects.filter(group__in=names, state="sending").count()


def end(names: list[str]) -> None:
    """Drop those that wait, and let those that hang run into their time-out."""
    from payments.models import PartnerCall

    PartnerCall.objects.filter(group__in=names, state="intended").update(state="abandoned")
    while sending(names):
        time.sleep(0.5)
    time.sleep(1)


def keys() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


@contextmanager
def partners(public: str, merchant_url: str = "") -> Iterator[str]:
    """Both partners in a process of their own. `merchant_url`: where 1mg asks about a payment before it confirms."""
    play = [sys.executable, "-c", _PLAY, public, merchant_url, server.PAYMENT_TOKEN]
    process = subprocess.Popen(play, cwd=server.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.stdin.close()
        process.wait(10)


if __name__ == "__main__":
    main()
