"""`make run`: everything comes up together on a fresh database, and goes down together without leaving a process."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from django.contrib.auth.models import User
from django.core.management import call_command
from django_q.models import Schedule

from onemg_portal.management.commands.run import free_port
from onemg_portal.sandbox import staff
from onemg_portal.schedules import SWEEPS
from orders.models import ApiKey
from tests import plugin, server
from tests.server import manage
from tests.until import until

LOGS = server.ROOT / "var" / "log"


class Run:
    """A running `manage.py run`."""

    def __init__(self, database_url: str, output: Path, *arguments: str) -> None:
        self.port = server.free_port()
        self.output = output
        environment = server.environment(database_url, DEBUG="true", PORT=str(self.port))
        with output.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run", *arguments],
                cwd=server.ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        """What it printed so far."""
        return self.output.read_text()

    @property
    def address(self) -> str:
        """Where the portal answers."""
        return f"http://127.0.0.1:{self.port}"

    def wait_for(self, condition: Callable[[], object], seconds: float = 90) -> None:
        """Wait until `condition` holds, while it runs."""

        def holds() -> object:
            assert self.process.poll() is None, self.said
            return condition()

        until(holds, seconds, every=0.1)

    def up(self) -> Run:
        """Wait until everything has been started."""
        self.wait_for(lambda: "The sandbox plays 1mg" in self.said)
        return self

    def family(self) -> dict[str, int]:
        """Every process below it: command line and id, and the id."""
        found: dict[str, int] = {}
        waiting = [self.process.pid]
        while waiting:
            for pid in children_of(waiting.pop()):
                waiting.append(pid)
                found[f"{command_of(pid)} #{pid}"] = pid
        return found

    def part(self, word: str) -> int:
        """The process id of the part whose command line has `word`: the one this run itself started."""
        (pid,) = [pid for pid in children_of(self.process.pid) if word in command_of(pid)]
        return pid

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def clean_up(self) -> None:
        """Leave nothing behind, whatever a test did, but what it said: shown with the test where that fails."""
        print(self.said)
        rest = list(self.family().values()) if self.process.poll() is None else []
        for pid in (*rest, *([self.process.pid] if rest or self.process.poll() is None else [])):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(5)
        for log in LOGS.glob(f"*-{self.port}.log"):
            log.unlink()


def children_of(pid: int) -> list[int]:
    """The child processes of a process."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def command_of(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be reaped does not."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def sign_in(session: requests.Session, address: str, name: str, password: str) -> requests.Response:
    """Sign in through the form."""
    session.trust_env = False
    session.get(f"{address}/login/", timeout=60)
    form = {"username": name, "password": password, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    return session.post(f"{address}/login/", data=form, headers={"Referer": f"{address}/login/"}, timeout=60)


def purchases_on(page: requests.Response) -> set[str]:
    """The sandbox's purchases that a page names."""
    return set(re.findall(r"SBX-\w+-\d{3}", page.text))


def is_listening(port: int | None) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def partners_of(run: Run) -> dict[str, str]:
    """What the portal's process was told of the partners."""
    said = Path(f"/proc/{run.part(' serve ')}/environ").read_text().split("\0")
    return dict(line.split("=", 1) for line in said if line.startswith(("ONEMG_", "NIMBBL_")))


def passwords(said: str) -> dict[str, str]:
    """The passwords in the box."""
    return dict(re.findall(r"^\|   (\w+) +\w+ +((?:\w{4}-){3}\w{4}) *\|$", said, re.MULTILINE))


@pytest.fixture(scope="module")
def running(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A first run on a fresh database, up and playing."""
    run = Run(database_url, tmp_path_factory.mktemp("run") / "output", "--orders=14", "--seed=5")
    try:
        yield run.up()
    finally:
        run.clean_up()


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start further runs on the same database."""
    runs: list[Run] = []

    def begin(*arguments: str) -> Run:
        runs.append(Run(database_url, tmp_path / f"output-{len(runs)}", *arguments))
        return runs[-1]

    yield begin
    for run in runs:
        run.clean_up()


# --- a first run ------------------------------------------------------------------------------------------------------


def test_a_first_run_makes_three_members_of_staff_and_shows_their_passwords(running: Run) -> None:
    found = passwords(running.said)

    assert list(found) == ["asha", "ravi", "admin"]
    assert len(set(found.values())) == 3


def test_a_first_run_says_where_the_portal_is(running: Run) -> None:
    assert f"The portal is up:  {running.address}\n" in running.said


@pytest.mark.parametrize("name", ["asha", "ravi", "admin"])
def test_staff_sign_in_with_the_printed_password_and_see_orders_of_the_sandbox(running: Run, name: str) -> None:
    with requests.Session() as session:
        sign_in(session, running.address, name, passwords(running.said)[name])
        running.wait_for(lambda: len(purchases_on(session.get(f"{running.address}/orders/", timeout=60))) >= 12)
        page = session.get(f"{running.address}/orders/", timeout=60)

    assert page.status_code == 200
    assert len(purchases_on(page)) >= 12


def test_a_first_run_says_where_the_partners_are_played(running: Run) -> None:
    assert f"1mg and Nimbbl are played at {partners_of(running)['NIMBBL_BASE_URL']}; how to make them" in running.said


def test_the_portal_knows_the_partners_that_are_played_and_their_keys(running: Run) -> None:
    said = partners_of(running)
    keys = {"access_key": said["NIMBBL_ACCESS_KEY"], "access_secret": said["NIMBBL_ACCESS_SECRET"]}
    key, now = (server.ROOT / said["ONEMG_PRIVATE_KEY_FILE"]).read_text(), int(time.time())
    token = jwt.encode({"iat": now, "exp": now + 900}, key, "RS256")
    confirm = f"{said['ONEMG_BASE_URL']}/api/v4/merchants/{said['ONEMG_MERCHANT_ID']}/orders/PO1-as-fine/confirm"

    running.wait_for(lambda: is_listening(urlsplit(said["ONEMG_BASE_URL"]).port))
    with requests.Session() as session:
        session.trust_env = False
        nimbbl = session.post(f"{said['NIMBBL_BASE_URL']}/api/v3/generate-token", json=keys, timeout=60)
        session.headers.update({"Authorization": f"Bearer {token}", "X-Access-Key": "1mg_client_access_key"})
        onemg = session.put(confirm, json={"merchant_order_id": "M1", "order_id": "PO1-as-fine"}, timeout=60)

    # 1mg has asked the portal whether that is paid, which knows no such purchase.
    refusal = (onemg.status_code, onemg.json()["error"]["message"])
    assert (nimbbl.status_code, refusal) == (200, (500, "Map payment to order operation failed"))


def test_the_shop_registers_the_purchases_that_wait(running: Run, database_url: str) -> None:
    look = (
        "from orders.models import OrderGroup as G; "
        "print(*G.objects.exclude(registered_at=None).filter(merchant_order_id__endswith='-NOT-FOUND')"
        ".values_list('registered_method', 'orders__status_id'))"
    )

    def registered() -> str:
        return manage(database_url, "shell", "--no-imports", "-c", look).stdout.strip()

    until(registered, seconds=90, every=1)

    assert re.match(r"\('ONLINE', (15|17|None)\)", registered())


def test_a_page_brings_its_style_without_collected_files(running: Run) -> None:
    with requests.Session() as session:
        session.trust_env = False
        page = session.get(f"{running.address}/login/", timeout=60).text
        styles = re.findall(r'href="(/static/[^"]+\.css)"', page)
        answers = [session.get(running.address + style, timeout=60) for style in styles]

    assert answers
    assert {(a.status_code, a.headers["Content-Type"].partition(";")[0]) for a in answers} == {(200, "text/css")}


def test_only_this_machine_can_reach_the_portal(running: Run) -> None:
    listening = subprocess.run(["cat", "/proc/net/tcp", "/proc/net/tcp6"], capture_output=True, text=True).stdout

    where = {line.split()[1] for line in listening.splitlines() if f":{running.port:04X} 0" in line and " 0A " in line}
    assert where == {f"0100007F:{running.port:04X}"}


def test_the_worker_sweeps_up_what_was_left_pending(running: Run, database_url: str) -> None:
    """F10: a delivery that a crash left pending is applied by the scheduled sweep, whose first look is after 30 s."""
    make = (
        "import datetime, pathlib; from webhooks.models import Delivery; "
        "body = pathlib.Path('tests/payloads/delivered.json').read_bytes(); "
        "at = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5); "
        "Delivery.objects.create(body=body, token_fingerprint='x', received_at=at)"
    )
    look = "from webhooks.models import Delivery as D; print(D.objects.get(token_fingerprint='x').outcome)"

    def outcome() -> str:
        return manage(database_url, "shell", "--no-imports", "-c", look).stdout.strip()

    made = manage(database_url, "shell", "--no-imports", "-c", make)
    assert made.returncode == 0, made.stderr
    until(lambda: outcome() != "pending", seconds=150, every=3)

    assert outcome() == "applied"


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_everything_and_leaves_no_process(start: Callable[..., Run], number: int) -> None:
    run = start("--orders=2").up()
    family = run.family()

    code = run.stop(number)

    assert code == 0, run.said
    assert len(family) >= 6  # the portal and its workers, the queue's five, the sandbox
    assert [name for name, pid in family.items() if is_alive(pid)] == []
    assert run.said.endswith("Stopping.\nStopped.\n")


def test_a_browser_that_holds_its_connection_does_not_hold_up_the_end(start: Callable[..., Run]) -> None:
    run = start("--orders=2").up()
    family = run.family()

    with socket.create_connection(("127.0.0.1", run.port)) as browser:
        browser.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        browser.recv(1000)
        began = time.monotonic()
        code = run.stop()

    assert code == 0
    assert time.monotonic() - began < 20
    assert [name for name, pid in family.items() if is_alive(pid)] == []


@pytest.mark.parametrize(
    ("word", "name"), [(" serve ", "The portal"), (" work", "The background worker"), (" sandbox ", "The sandbox")]
)
def test_when_a_part_dies_it_says_which_and_stops_the_rest(start: Callable[..., Run], word: str, name: str) -> None:
    run = start("--orders=14").up()
    family = run.family()

    os.kill(run.part(word), signal.SIGKILL)

    assert run.process.wait(40) == 1
    assert f"CommandError: {name} has stopped by itself (exit code -9); stopping the rest." in run.said
    assert [name for name, pid in family.items() if is_alive(pid)] == []


def test_when_the_day_is_over_the_portal_stays_up(start: Callable[..., Run]) -> None:
    run = start("--orders=1", "--once").up()

    run.wait_for(lambda: "The sandbox has played its day; the portal stays up." in run.said)

    with requests.Session() as session:
        session.trust_env = False
        assert session.get(f"{run.address}/healthz", timeout=60).json() == {"status": "ok"}
    assert run.stop() == 0


# --- a second run, and refusals ---------------------------------------------------------------------------------------


def test_a_second_run_says_that_the_staff_exist_and_shows_no_password(running: Run, start: Callable[..., Run]) -> None:
    run = start("--orders=1").up()

    assert run.said.startswith(
        "The demo staff exist already: asha, ravi, admin. "
        "A new password:  .venv/bin/python manage.py changepassword NAME\n"
    )
    assert passwords(run.said) == {}


def test_a_port_in_use_is_one_clear_sentence(database_url: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        done = manage(database_url, "run", PORT=str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"CommandError: Port {port} is in use. Choose another: make run PORT={port + 1}\n"


def test_a_port_that_another_portal_serves_is_in_use(running: Run, database_url: str) -> None:
    """Two servers of our kind could share the port without either noticing."""
    done = manage(database_url, "run", PORT=str(running.port))

    assert f"Port {running.port} is in use." in done.stderr


@pytest.mark.parametrize("environment", ["test", "live"])
def test_it_refuses_outside_of_a_sandbox(environment: str, tmp_path: Path) -> None:
    done = manage(f"sqlite:///{tmp_path}/none", "run", PORTAL_ENVIRONMENT=environment)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CommandError: `run` makes demo staff and plays 1mg: it needs PORTAL_ENVIRONMENT=sandbox.\n"
    assert list(tmp_path.iterdir()) == []


# --- staff and schedule -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_demo_staff_have_their_roles() -> None:
    staff.make_missing()

    found = {
        user.username: (list(user.groups.values_list("name", flat=True)), user.is_staff, user.is_superuser)
        for user in User.objects.all()
    }
    assert found == {
        "asha": (["Operations"], False, False),
        "ravi": (["Viewer"], False, False),
        "admin": (["Administrator"], True, True),
    }


@pytest.mark.django_db
def test_a_demo_password_is_kept_only_as_a_hash() -> None:
    made = staff.make_missing()

    for user in User.objects.all():
        assert user.check_password(made[user.username])
        assert made[user.username] not in user.password


@pytest.mark.django_db
def test_only_the_missing_staff_are_made() -> None:
    staff.make_missing()
    User.objects.get(username="ravi").delete()
    before = User.objects.get(username="asha").password

    made = staff.make_missing()

    assert list(made) == ["ravi"]
    assert User.objects.get(username="asha").password == before


@pytest.mark.django_db
def test_the_key_of_the_shop_is_new_with_each_run_and_the_old_one_revoked() -> None:
    before = staff.issue_shop_key()
    now = staff.issue_shop_key()

    found = {k.digest: (k.may_write, k.may_see_personal_data, k.revoked_at is None) for k in ApiKey.objects.all()}
    assert found == {ApiKey.digest_of(before): (True, False, False), ApiKey.digest_of(now): (True, False, True)}


@pytest.mark.django_db
def test_the_key_of_the_shop_revokes_no_other() -> None:
    ApiKey.issue("support tool")

    staff.issue_shop_key()

    assert ApiKey.objects.get(name="support tool").revoked_at is None


def test_the_partners_get_the_port_beside_the_portal_or_another_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]

        found = free_port(taken)

    assert (found != taken, free_port(found)) == (True, found)


@pytest.mark.django_db
def test_each_sweep_is_scheduled_once_however_often_one_migrates() -> None:
    call_command("migrate", verbosity=0)

    found = list(Schedule.objects.order_by("func").values_list("func", "schedule_type", "minutes", "repeats"))
    assert found == [
        ("orders.asks.tasks.end_moved_asks", Schedule.MINUTES, 1, -1),
        ("payments.tasks.ask_about_payments", Schedule.MINUTES, 1, -1),
        ("payments.tasks.sweep_calls", Schedule.MINUTES, 1, -1),
        ("webhooks.tasks.fill_newest", Schedule.MINUTES, 1, -1),
        ("webhooks.tasks.sweep_events", Schedule.MINUTES, 1, -1),
        ("webhooks.tasks.sweep_pending", Schedule.MINUTES, 1, -1),
    ]


@pytest.mark.django_db
def test_a_schedule_that_was_deleted_comes_back_with_the_next_migrate() -> None:
    Schedule.objects.all().delete()

    call_command("migrate", verbosity=0)

    assert Schedule.objects.count() == len(SWEEPS)


@pytest.mark.skipif(plugin.WANTED != "sqlite", reason="one kind of database shows it")
def test_one_app_can_be_migrated_before_the_queue_has_tables(tmp_path: Path) -> None:
    done = manage(f"sqlite:///{tmp_path}/portal.sqlite3", "migrate", "orders", "--verbosity=0")

    assert done.returncode == 0, done.stderr
