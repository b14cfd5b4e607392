"""The sandbox plays 1mg: what it posts when, how it takes a refusal, and what the portal makes of a whole day."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from onemg_portal.sandbox.day.player import Errand, Player, Post, plan
from onemg_portal.sandbox.day.stories import Clock, Story, day
from tests import server
from tests.onemg_portal.sandbox.listening import Answers, listening
from tests.server import TOKEN, Server, manage

SPEED = 60


def a_day(seed: int, orders: int, run: int | None = None) -> list[Story]:
    """Stories that begin now."""
    now = int(time.time())
    return day(seed, orders=orders, run=run or now, clock=Clock(now, SPEED))


def player(url: str, **more: Any) -> Player:
    """A player that keeps to no times and says nothing."""
    return Player(url=url, token=TOKEN, header="Authorization", say=more.pop("say", len), paced=False, **more)


# --- the plan ---------------------------------------------------------------------------------------------------------


def first_dues(posts: list[Post]) -> dict[bytes, float]:
    """When each body is posted for the first time."""
    found: dict[bytes, float] = {}
    for post in posts:
        found.setdefault(post.body, post.due)
    return found


def test_the_same_seed_makes_the_same_plan() -> None:
    stories = a_day(1, 20, run=1)

    assert plan(stories, seed=5, speed=SPEED) == plan(stories, seed=5, speed=SPEED)


def test_every_update_of_every_story_is_in_the_plan() -> None:
    stories = a_day(1, 30)

    posts = plan(stories, seed=1, speed=SPEED)

    assert {post.body for post in posts} == {json.dumps(s.document).encode() for story in stories for s in story.steps}


def test_about_every_seventh_update_is_posted_again() -> None:
    posts = plan(a_day(1, 300), seed=1, speed=SPEED)

    again = [post for post in posts if post.manner == "again"]
    assert 0.12 < len(again) / (len(posts) - len(again)) < 0.18
    assert all(post.due > first_dues(posts)[post.body] for post in again[:50])


def test_about_every_twelfth_update_comes_after_newer_news() -> None:
    stories = a_day(1, 300)
    posts = plan(stories, seed=1, speed=SPEED)

    dues = first_dues(posts)
    late = {post.body for post in posts if post.manner == "late"}
    overtaken = set()
    for story in stories:
        bodies = [json.dumps(step.document).encode() for step in story.steps]
        overtaken |= {older for older, newer in zip(bodies, bodies[1:], strict=False) if dues[older] > dues[newer]}
    assert late <= overtaken
    assert 0.06 < len(late) / len(dues) < 0.11


def test_the_past_is_posted_within_ten_seconds_and_then_an_update_every_two_seconds_or_so() -> None:
    posts = plan(a_day(1, 100), seed=1, speed=SPEED)

    dues = first_dues(posts)
    assert len({post.purchase for post in posts if post.due <= 10}) == 12
    assert 40 < sum(due <= 10 for due in dues.values()) < 100
    assert 25 < sum(10 < due <= 70 for due in dues.values()) < 90


# --- how it posts -----------------------------------------------------------------------------------------------------


@contextmanager
def portal_that_answers(*codes: int) -> Iterator[tuple[str, list[tuple[float, dict[str, str], bytes]]]]:
    """An HTTP server that gives these answers, the last one for ever: its address and what it was sent."""
    got: list[tuple[float, dict[str, str], bytes]] = []

    class Portal(Answers):
        def do_POST(self) -> None:  # noqa: N802 - the library's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((time.monotonic(), dict(self.headers), body))
            code = codes[min(len(got), len(codes)) - 1]
            self.answer(code, b'{"status": "SUCCESS", "message": ""}', Location="/elsewhere/")

    with listening(Portal) as address:
        yield f"{address}/update-status/", got


def test_an_update_is_posted_with_the_token_as_json() -> None:
    with portal_that_answers(200) as (url, got):
        player(url).play([Post(0, "SBX-1", "Placed", b'{"result": {}}')])

    (_, headers, body) = got[0]
    assert body == b'{"result": {}}'
    assert (headers["Authorization"], headers["Content-Type"]) == (f"Token {TOKEN}", "application/json")


@pytest.mark.parametrize("code", [199 + 1, 202, 300])
def test_an_update_that_is_taken_is_not_posted_again(code: int) -> None:
    with portal_that_answers(code) as (url, got):
        tally = player(url).play([Post(0, "SBX-1", "Placed", b"{}")])

    assert len(got) == 1
    assert (tally.posted, tally.retried, tally.given_up) == (1, 0, 0)


@pytest.mark.parametrize("code", [301, 302, 400, 401, 500, 503])
def test_a_refused_update_is_posted_again_as_it_was(code: int) -> None:
    with portal_that_answers(code, 200) as (url, got):
        tally = player(url, retry_after=0.05).play([Post(0, "SBX-1", "Placed", b"{}")])

    assert [body for _, _, body in got] == [b"{}", b"{}"]
    assert (tally.posted, tally.retried) == (1, 1)


def test_retries_wait_longer_and_longer_and_end() -> None:
    with portal_that_answers(503) as (url, got):
        tally = player(url, retry_after=0.02).play([Post(0, "SBX-1", "Placed", b"{}")])

    waits = [later - earlier for (earlier, *_), (later, *_) in zip(got, got[1:], strict=False)]
    assert len(got) == 8
    assert all(wait >= 0.02 * 2**n for n, wait in enumerate(waits))
    assert (tally.posted, tally.given_up) == (0, 1)


def test_a_portal_that_is_away_gets_the_update_later() -> None:
    with portal_that_answers(200) as (url, _got):
        pass

    tally = player(url, retry_after=0.001).play([Post(0, "SBX-1", "Placed", b"{}")])

    assert tally.given_up == 1


def test_a_play_keeps_its_times() -> None:
    with portal_that_answers(200) as (url, got):
        chosen = player(url)
        chosen.paced = True
        began = time.monotonic()
        chosen.play([Post(0.4, "SBX-1", "Second", b"2"), Post(0.1, "SBX-1", "First", b"1")])

    assert [body for _, _, body in got] == [b"1", b"2"]
    assert [at - began >= due for (at, *_), due in zip(got, (0.1, 0.4), strict=True)] == [True, True]
    assert got[1][0] - began < 15  # in seconds, not in minutes


def test_a_play_ends_after_its_minutes() -> None:
    with portal_that_answers(200) as (url, got):
        chosen = player(url, minutes=0.2 / 60)
        chosen.paced = True
        chosen.play([Post(0, "SBX-1", "First", b"1"), Post(60, "SBX-1", "Second", b"2")])

    assert [body for _, _, body in got] == [b"1"]


def test_asked_to_stop_it_posts_nothing_more() -> None:
    asked: list[str] = []
    with portal_that_answers(200) as (url, got):
        player(url, stay=True, before=asked.append, asked_to_stop=asked).play(
            [Post(0, "SBX-1", "First", b"1"), Post(0, "SBX-1", "Second", b"2")]
        )

    assert [body for _, _, body in got] == [b"1"]


def test_what_is_added_while_it_plays_is_posted_too() -> None:
    with portal_that_answers(200) as (url, got):
        chosen = player(url, stay=True, minutes=1.5 / 60)
        playing = threading.Thread(target=chosen.play, args=([],))
        playing.start()
        time.sleep(0.1)
        added = time.monotonic()
        chosen.add([Post(0.2, "SBX-1", "Second", b"2"), Post(0, "SBX-1", "First", b"1")])
        playing.join()

    assert [body for _, _, body in got] == [b"1", b"2"]
    assert got[1][0] - added >= 0.2


def test_an_errand_is_run_at_its_time_between_the_posts() -> None:
    done: list[int] = []

    with portal_that_answers(200) as (url, got):
        chosen = player(url, stay=True, minutes=1 / 60)
        chosen.add([Post(0.4, "SBX-1", "Second", b"2"), Errand(0.2, lambda: not done.append(len(got)))])
        chosen.play([Post(0, "SBX-1", "First", b"1")])

    assert (done, len(got)) == ([1], 2)


def test_an_errand_that_is_not_done_comes_again_and_is_no_update_that_was_never_taken() -> None:
    done: list[int] = []

    def act() -> bool:
        done.append(1)
        return len(done) == 3

    with portal_that_answers(200) as (url, _got):
        chosen = player(url, retry_after=0.001)
        chosen.add([Errand(0, act), Errand(0, lambda: False)])
        tally = chosen.play([])

    assert (len(done), tally.given_up) == (3, 0)


def test_something_can_be_done_before_each_post() -> None:
    said: list[str] = []

    with portal_that_answers(503, 200) as (url, got):
        player(url, retry_after=0.01, before=said.append).play([Post(0, "SBX-1", "First", b"1")])

    assert (said, len(got)) == (["SBX-1", "SBX-1"], 2)


def test_each_post_is_one_readable_line() -> None:
    lines: list[str] = []

    with portal_that_answers(503, 200) as (url, _got):
        player(url, say=lines.append, retry_after=0.01).play([Post(0, "SBX-1", "Ready to go", b"{}", "late")])

    without_time = [re.sub(r"^\d\d:\d\d:\d\d ", "", line).split() for line in lines]
    assert without_time == [
        ["SBX-1", "Ready", "to", "go", "503", "SUCCESS", "late"],
        ["SBX-1", "Ready", "to", "go", "200", "SUCCESS", "late", "try", "2"],
    ]


# --- a whole day against the real server ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def portal(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The production server on a database of its own."""
    log = tmp_path_factory.mktemp("server") / "log"
    with server.serving(database_url, log) as running:
        yield running


@pytest.fixture(scope="module")
def played(portal: Server) -> tuple[list[Story], list[Post], Any]:
    """A day of 30 purchases, played to its end: its stories, what was posted in which order, and the tally."""
    stories = a_day(11, 30)
    posts = plan(stories, seed=11, speed=SPEED)
    tally = player(f"http://127.0.0.1:{portal.port}/update-status/").play(posts)
    return stories, posts, tally


@pytest.fixture(scope="module")
def shown(portal: Server, database_url: str, played: Any) -> dict[str, Any]:
    """What the API says afterwards, by merchant_order_id."""
    return read_api(portal, database_url, "after the day")


def read_api(portal: Server, database_url: str, name: str) -> dict[str, Any]:
    """Every purchase, with personal data."""
    key = manage(database_url, "createapikey", name, "--personal-data").stdout.strip()
    with requests.Session() as session:
        session.trust_env = False
        url: str | None = f"http://127.0.0.1:{portal.port}/api/orders/?page_size=200"
        found = {}
        while url:
            page = session.get(url, headers={"Authorization": f"Token {key}"}, timeout=60).json()
            found |= {purchase["merchant_order_id"]: purchase for purchase in page["results"]}
            url = page["next"]
    return found


def last_words(documents: list[dict[str, Any]]) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Order by order, the last document that lists it and what it says of it: the state at the end of a story."""
    return {e["order_id"]: (said["result"], e) for said in documents for e in said["result"]["grouped_orders"]}


def state_told(entry: dict[str, Any]) -> dict[str, Any]:
    """The facts of a `grouped_orders` entry, as plain values."""
    shipment, status = entry["shipment_detail"], entry["order_status"]
    return {
        "status": (status["status_id"], status["title"] or None, status["sub_title"] or None),
        "updated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(entry["updated"])),
        "eta": [
            seconds and time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
            for seconds in (entry["eta"].get("eta_from") or None, entry["eta"].get("eta_to") or None)
        ],
        "shipment": [
            str(shipment[key]) if shipment.get(key) else None
            for key in ("delivery_partner_name", "tracking_url", "tracking_number", "delivery_contact")
        ],
        "invoices": sorted(entry["invoice_data"]),
        "skus": sorted((sku["sku_id"], str(sku["normalized_quantity"])) for sku in entry["skus"]),
    }


def state_shown(order: dict[str, Any]) -> dict[str, Any]:
    """The same facts of an order of the API."""
    return {
        "status": (order["status_id"], order["title"], order["sub_title"]),
        "updated": order["updated"],
        "eta": [order["eta_from"], order["eta_to"]],
        "shipment": [
            order["shipment"][key]
            for key in ("delivery_partner_name", "tracking_url", "tracking_number", "delivery_contact")
        ],
        "invoices": sorted(invoice["number"] for invoice in order["invoices"]),
        "skus": sorted((sku["sku_id"], str(sku["quantity"])) for sku in order["skus"]),
    }


def expected_states(stories: list[Story]) -> dict[str, dict[str, Any]]:
    """Every order of the day as its story leaves it."""
    told = [last_words([step.document for step in story.steps]) for story in stories]
    return {order_id: state_told(entry) for words in told for order_id, (_said, entry) in words.items()}


def test_every_post_was_taken_at_the_first_try(played: Any) -> None:
    _stories, posts, tally = played

    assert (tally.posted, tally.retried, tally.given_up) == (len(posts), 0, 0)
    assert tally.again > 20
    assert tally.late > 8


def test_every_order_ends_as_its_story_does(played: Any, shown: dict[str, Any]) -> None:
    stories, _posts, _tally = played

    found = {order["order_id"]: state_shown(order) for purchase in shown.values() for order in purchase["orders"]}

    assert found == expected_states(stories)


def test_control_to_believe_the_last_arrival_would_be_wrong(played: Any) -> None:
    stories, posts, _tally = played

    naive = {o: state_told(e) for o, (_said, e) in last_words([json.loads(post.body) for post in posts]).items()}

    expected = expected_states(stories)
    assert naive.keys() == expected.keys()
    assert sum(naive[order_id] != expected[order_id] for order_id in expected) > 0


def test_every_purchase_shows_its_money_and_papers_as_last_told(played: Any, shown: dict[str, Any]) -> None:
    stories, _posts, _tally = played

    def rupees(value: float) -> str:
        return f"{Decimal(repr(value)).quantize(Decimal('0.01'), ROUND_HALF_UP):.2f}"

    keys = ("order_mrp", "online_collected", "amount_collected", "amount_payable", "total_refund_due")
    expected, found = {}, {}
    for story in stories:
        said = story.steps[-1].document["result"]
        summary = said["grouped_orders"][0]["payment_summary"]
        purchase = shown[story.merchant_order_id]
        expected[story.merchant_order_id] = (
            summary["mode"],
            [rupees(summary[key]) for key in keys],
            [(paper["url"], paper["status"], paper.get("reason")) for paper in said["prescriptions"]],
            said["delivery_address"]["name"],
            said["group_order_id"],
        )
        found[story.merchant_order_id] = (
            purchase["payment_method"],
            [purchase["payment_summary"][key] for key in keys],
            [(paper["url"], paper["status"], paper["reason"]) for paper in purchase["prescriptions"]],
            purchase["customer"]["name"],
            purchase["group_order_id"],
        )
    assert found == expected


def test_the_story_of_a_purchase_names_every_status_once_and_in_order(played: Any, shown: dict[str, Any]) -> None:
    stories, _posts, _tally = played
    again = next(story for story in stories if story.kind == "delivered again")

    lines = shown[again.merchant_order_id]["timeline"]

    told = [line["status_id"] for line in sorted(lines, key=lambda line: line["at"]) if line["kind"] == "status"]
    assert told == [15, 160, 120, 132, 25, 30, 45, 30, 45, 30, 40]


def test_a_day_folded_again_from_its_bytes_is_the_same(played: Any, database_url: str) -> None:
    done = manage(database_url, "rebuild_orders", "--compare")

    assert (done.returncode, done.stdout) == (0, "30 purchases folded, 0 differ\n")


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_plays_a_whole_day_at_once(portal: Server, database_url: str, shown: dict[str, Any]) -> None:
    started = time.time()
    arguments = ("--once", "--orders=13", "--seed=4", f"--portal=http://127.0.0.1:{portal.port}")

    done = manage(database_url, "sandbox", *arguments)

    new = {name: p for name, p in read_api(portal, database_url, "after the command").items() if name not in shown}
    newest = max(order["updated"] for purchase in new.values() for order in purchase["orders"])
    assert done.returncode == 0, done.stderr
    assert re.search(r"updates of 13 purchases were taken: .* 0 after a refusal; 0 never\.\n$", done.stdout)
    assert len(new) == 13
    assert {purchase["orders"][0]["status_id"] for purchase in new.values()} <= {40, 99, 142}
    assert newest <= time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started + 30))


Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def begin(portal: Server, database_url: str) -> Iterator[Begin]:
    """Begin the command; what a test leaves of it is killed."""
    begun: list[subprocess.Popen[str]] = []

    def command(**more: Any) -> subprocess.Popen[str]:
        begun.append(
            subprocess.Popen(
                [sys.executable, "manage.py", "sandbox", f"--portal=http://127.0.0.1:{portal.port}"]
                + ["--partners-port=0"],
                cwd=server.ROOT,
                env=server.environment(database_url),
                stdout=subprocess.PIPE,
                text=True,
                **more,
            )
        )
        return begun[-1]

    yield command
    for process in begun:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_ends_when_asked_to(begin: Begin, number: int) -> None:
    process = begin()
    assert process.stdout is not None
    first = [process.stdout.readline() for _ in range(4)]

    process.send_signal(number)

    rest, _ = process.communicate(timeout=90)
    assert first[0].startswith("Playing 1mg for http://127.0.0.1:")
    assert first[1].startswith("Both partners answer at http://127.0.0.1:")
    assert first[2] == "SANDBOX_API_KEY is not set: purchases are not registered.\n"
    assert "200 SUCCESS" in first[3]
    assert re.search(r"Stopped\.\n\d+ updates of \d+ purchases were taken: .*\.\n$", rest)
    assert process.returncode == 0


def test_the_command_ends_at_once_in_the_background_while_a_confirmation_hangs(begin: Begin) -> None:
    """A shell that starts it in the background has it ignore SIGINT."""
    process = begin(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert process.stdout is not None
    address = re.search(r"http://(127\.0\.0\.1):(\d+);", process.stdout.readline() + process.stdout.readline())
    assert address is not None
    path = "/api/v4/merchants/m/orders/PO1-as-times-out-before-acting/confirm"
    with socket.create_connection((address[1], int(address[2])), timeout=60) as hanging:
        hanging.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        time.sleep(0.5)
        began = time.monotonic()

        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)

        assert (process.returncode, "Stopped.\n" in rest) == (0, True)
        assert time.monotonic() - began < 15


def test_a_port_of_the_partners_that_is_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = manage(f"sqlite:///{tmp_path}/none", "sandbox", f"--partners-port={port}")

    assert done.stderr == f"CommandError: The partners cannot be played at port {port}: Address already in use.\n"
    assert done.returncode == 1


def test_the_command_fails_when_updates_were_never_taken(portal: Server, database_url: str) -> None:
    arguments = ("--once", "--orders=1", "--seed=1", f"--portal=http://127.0.0.1:{portal.port}")

    done = manage(database_url, "sandbox", *arguments, ONEMG_WEBHOOK_TOKENS="another-token-0123456789")

    assert "401 FAILED" in done.stdout
    assert "0 updates of 0 purchases were taken" in done.stdout
    assert re.fullmatch(r"CommandError: The portal never took \d+ updates\.\n", done.stderr)
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("environment", "portal_address", "sentence"),
    [
        ({"PORTAL_ENVIRONMENT": "test"}, "http://127.0.0.1:9", "PORTAL_ENVIRONMENT is test"),
        ({"PORTAL_ENVIRONMENT": "live"}, "http://127.0.0.1:9", "PORTAL_ENVIRONMENT is live"),
        ({}, "http://portal.example", "is not an http address of this machine"),
        ({}, "http://localhost.portal.example", "is not an http address of this machine"),
        ({}, "http://127.0.0.1@portal.example", "is not an http address of this machine"),
        ({}, "http://10.0.0.1", "is not an http address of this machine"),
        ({}, "http://0.0.0.0:8000", "is not an http address of this machine"),
        ({}, "http://[::1", "is not an http address of this machine"),
        ({}, "https://127.0.0.1", "is not an http address of this machine"),
        ({}, "ftp://127.0.0.1", "is not an http address of this machine"),
        ({}, "127.0.0.1:8000", "is not an http address of this machine"),
        ({"ONEMG_WEBHOOK_TOKENS": ""}, "http://127.0.0.1:9", "names no token"),
        ({"ONEMG_PRIVATE_KEY": "no key"}, "http://127.0.0.1:9", "1mg's private key cannot be read"),
        ({"ONEMG_PRIVATE_KEY_FILE": "no/file.pem"}, "http://127.0.0.1:9", "1mg's private key cannot be read"),
    ],
)
def test_the_command_refuses(environment: dict[str, str], portal_address: str, sentence: str, tmp_path: Path) -> None:
    done = manage(f"sqlite:///{tmp_path}/none", "sandbox", f"--portal={portal_address}", **environment)

    assert done.returncode == 1
    assert done.stdout == ""
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
