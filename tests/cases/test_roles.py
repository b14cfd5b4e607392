"""No role lifts itself, the worker runs what our list says (A13), and Administrators unlock names (A22)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import Event, Queue, Value
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.db.models.signals import post_save
from django.test import Client
from django.utils import timezone
from django_q import signals
from django_q.brokers import get_broker
from django_q.conf import Conf
from django_q.models import Failure, OrmQ, Schedule, Success, Task
from django_q.monitor import monitor
from django_q.pusher import pusher
from django_q.scheduler import scheduler
from django_q.signing import SignedPackage
from django_q.tasks import async_task
from django_q.worker import worker

from onemg_portal import queue
from onemg_portal.models import OfferedPermission
from orders.models import ApiKey

pytestmark = pytest.mark.django_db
PASSWORD = "a long pass phrase"


@pytest.fixture
def administrator(staff: Callable[[str], User]) -> User:
    return staff("Administrator")


@pytest.fixture
def browser(administrator: User) -> Client:
    """The Administrator's."""
    client = Client()
    client.force_login(administrator)
    return client


@pytest.fixture
def root() -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def above(staff: Callable[[str], User]) -> Group:
    """A role that holds one thing that Administrators do not."""
    group = Group.objects.create(name="Above")
    group.permissions.add(Permission.objects.get(codename="add_schedule"))
    return group


def address(user: User, tail: str = "change/") -> str:
    return f"/admin/auth/user/{user.pk}/{tail}"


def form(user: User, **more: Any) -> dict[str, Any]:
    """The change form as the admin sends it, with some fields changed."""
    shown = {"username": user.username, "is_active": "on", "is_staff": "on"}
    joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "last_login_0": "", "last_login_1": ""}
    return shown | joined | {"groups": [group.pk for group in user.groups.all()]} | more


# --- staff ------------------------------------------------------------------------------------------------------------


def test_A13_an_administrator_does_not_make_itself_a_superuser(browser: Client, administrator: User) -> None:
    answer = browser.post(address(administrator), form(administrator, is_superuser="on", first_name="Asha"))

    administrator.refresh_from_db()
    assert (answer.status_code, administrator.first_name, administrator.is_superuser) == (302, "Asha", False)


def test_A13_nor_does_it_give_single_permissions(browser: Client, administrator: User) -> None:
    wanted = Permission.objects.get(codename="add_schedule")

    browser.post(address(administrator), form(administrator, user_permissions=[wanted.pk]))

    assert administrator.user_permissions.count() == 0


def test_A13_nor_a_role_that_holds_more(browser: Client, administrator: User, above: Group) -> None:
    answer = browser.post(address(administrator), form(administrator, groups=[above.pk]))

    assert answer.status_code == 200  # the form again: there is no such choice
    assert list(administrator.groups.values_list("name", flat=True)) == ["Administrator"]


def test_A13_an_administrator_makes_staff_with_the_roles_it_holds(browser: Client) -> None:
    browser.post(
        "/admin/auth/user/add/",
        {
            "username": "vikram",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "is_superuser": "on",
        },
    )
    made = User.objects.get(username="vikram")
    operations = Group.objects.get(name="Operations")

    answer = browser.post(address(made), form(made, groups=[operations.pk]))

    assert (answer.status_code, made.is_superuser) == (302, False)
    assert list(made.groups.all()) == [operations]


def more_than_an_administrator(kind: str, above: Group) -> User:
    """Somebody who holds more: now, or once switched on again."""
    user = User.objects.create_user("above", password=PASSWORD, is_superuser="superuser" in kind)
    user.is_active = "off" not in kind
    user.save()
    if kind.startswith("role"):
        user.groups.add(above)
    if kind.startswith("permission"):
        user.user_permissions.add(Permission.objects.get(codename="add_schedule"))
    return user


@pytest.mark.parametrize("kind", ["superuser", "superuser, off", "role", "role, off", "permission"])
def test_A13_who_holds_more_is_not_an_administrators_to_change(browser: Client, above: Group, kind: str) -> None:
    user = more_than_an_administrator(kind, above)
    new = {"password1": "another pass phrase", "password2": "another pass phrase", "usable_password": "true"}

    codes = {
        "change": browser.post(address(user), form(user, email="me@example.org")).status_code,
        "password": browser.post(address(user, "password/"), new).status_code,
        "delete": browser.post(address(user, "delete/"), {"post": "yes"}).status_code,
    }
    chosen = {"action": "delete_selected", "_selected_action": [user.pk], "post": "yes"}
    browser.post("/admin/auth/user/", chosen)

    assert codes == {"change": 403, "password": 403, "delete": 403}
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def test_A13_an_administrator_sets_the_password_of_who_holds_less(browser: Client, staff: Any) -> None:
    viewer = staff("Viewer")
    new = {"password1": "another pass phrase", "password2": "another pass phrase", "usable_password": "true"}

    browser.post(address(viewer, "password/"), new | {"set-password": "1"})

    viewer.refresh_from_db()
    assert viewer.check_password("another pass phrase")


def test_A13_who_may_only_change_users_does_not_take_over_an_administrator(administrator: User) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=("view_user", "change_user")))
    client = Client()
    client.force_login(clerk)
    new = {"password1": "another pass phrase", "password2": "another pass phrase", "usable_password": "true"}

    assert client.post(address(administrator, "password/"), new).status_code == 403


def test_A13_what_a_role_holds_is_for_superusers(browser: Client) -> None:
    Group.objects.get(name="Administrator").permissions.add(*Permission.objects.all())  # as older installs have it
    viewer = Group.objects.get(name="Viewer")

    codes = [
        browser.post(f"/admin/auth/group/{viewer.pk}/change/", {"name": "Viewer", "permissions": []}).status_code,
        browser.post(f"/admin/auth/group/{viewer.pk}/delete/", {"post": "yes"}).status_code,
        browser.post("/admin/auth/group/add/", {"name": "Mine"}).status_code,
    ]

    assert codes == [403, 403, 403]


def test_A13_a_superuser_gives_anything(root: User, staff: Any, above: Group) -> None:
    viewer, client = staff("Viewer"), Client()
    client.force_login(root)

    client.post(address(viewer), form(viewer, groups=[above.pk], is_superuser="on"))

    viewer.refresh_from_db()
    assert (viewer.is_superuser, list(viewer.groups.all())) == (True, [above])


def test_A13_a_revoked_key_is_not_brought_back(browser: Client) -> None:
    key = ApiKey.issue("shop")[0]
    ApiKey.objects.update(revoked_at=timezone.now())

    browser.post(f"/admin/orders/apikey/{key.pk}/change/", {"revoked_at_0": "", "revoked_at_1": ""})

    key.refresh_from_db()
    assert key.revoked_at is not None


# --- the queue --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [Schedule, Success, Failure, OrmQ])
def test_A13_the_queue_is_read_only_even_for_superusers(root: User, model: Any) -> None:
    client = Client()
    client.force_login(root)
    where = f"/admin/django_q/{model._meta.model_name}/"
    Schedule.objects.filter(pk=1).update(name="mine")
    Failure.objects.create(
        id="1", name="n", func="f", started=timezone.now(), stopped=timezone.now(), success=model is Success
    )
    OrmQ.objects.create(key="portal", payload="x", lock=timezone.now())
    row = model.objects.first()

    codes = [client.post(f"{where}{way}").status_code for way in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/")]

    assert codes == [403, 403, 403]
    assert "<option" not in client.get(where).content.decode()  # no action


def let_the_queue_run() -> None:
    """What the worker's processes do with the schedules and jobs that are due, one after the other."""
    Schedule.objects.update(next_run=timezone.now() - timedelta(seconds=5))
    scheduler()
    jobs, results, once = Queue(), Queue(), Event()
    once.set()
    for _ in range(OrmQ.objects.count()):  # it takes them one by one
        pusher(jobs, once, broker=get_broker())
    jobs.put("STOP")
    worker(jobs, results, Value("f", -1))
    results.put("STOP")
    monitor(results, broker=get_broker())


class Runs:
    """Unpickling one runs what it was made with."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call[0], self.call[1:]


def packet(**more: Any) -> str:
    task = {"id": "1", "name": "n", "func": "webhooks.tasks.sweep_pending", "args": (), "kwargs": {}}
    return SignedPackage.dumps(task | {"started": timezone.now()} | more)


def into_the_queue(payload: str) -> None:
    OrmQ.objects.create(key="portal", payload=payload, lock=timezone.now() - timedelta(seconds=5))


def scheduled(**more: Any) -> None:
    Schedule.objects.create(schedule_type=Schedule.MINUTES, minutes=1, **more)


#: Each tries to make the folder that it is given, with a function that our list does not have.
WAYS: dict[str, Callable[[str], Any]] = {
    "a schedule": lambda at: scheduled(func="os.mkdir", args=f"'{at}'"),
    "a schedule that runs at once": lambda at: scheduled(
        func="os.mkdir", args=f"'{at}'", kwargs="q_options={'sync': True}"
    ),
    "a schedule's hook": lambda at: scheduled(func="os.getcwd", args="'it fails'", hook="bomb.run"),
    "a schedule's module": lambda at: scheduled(func="bomb.run"),
    "our job's hook": lambda at: scheduled(func="webhooks.tasks.sweep_pending", args="'it fails'", hook="bomb.run"),
    "a job": lambda at: async_task("os.mkdir", at),
    "a job's function": lambda at: async_task(os.mkdir, at),
    "a signed packet": lambda at: into_the_queue(packet(func="os.mkdir", args=(at,))),
    "a signed packet's chain": lambda at: into_the_queue(packet(save=True, chain=[("os.mkdir", (at,), {})])),
    "a signed pickle": lambda at: into_the_queue(packet(args=(Runs(os.mkdir, at),))),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is not there; the module `bomb` makes it as it is imported."""
    wanted = tmp_path / "made"
    (tmp_path / "bomb.py").write_text(f"import os\nos.makedirs({str(wanted)!r}, exist_ok=True)\ndef run(*_): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "bomb", raising=False)
    return wanted


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", WAYS)
def test_A13_the_worker_runs_nothing_that_our_list_does_not_have(folder: Path, way: str) -> None:
    WAYS[way](str(folder))

    let_the_queue_run()

    assert not folder.exists()
    assert not OrmQ.objects.filter(lock__lte=timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [way for way in WAYS if "chain" not in way])
def test_control_A13_without_our_broker_it_would(folder: Path, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conf, "BROKER_CLASS", None)
    signals.pre_enqueue.disconnect(queue.keep_to_the_point)
    post_save.connect(signals.call_hook, sender=Task)
    WAYS[way](str(folder))

    let_the_queue_run()

    signals.pre_enqueue.connect(queue.keep_to_the_point)
    post_save.disconnect(signals.call_hook, sender=Task)
    assert folder.exists()


@pytest.mark.django_db(transaction=True)
def test_A13_our_jobs_run_beside_a_schedule_that_is_refused(folder: Path) -> None:
    WAYS["a schedule"](str(folder))
    ran: list[str] = []
    remember = lambda sender, func, task, **_: ran.append(task["func"])  # noqa: E731 - a receiver of one line
    signals.pre_execute.connect(remember)

    let_the_queue_run()

    signals.pre_execute.disconnect(remember)
    assert set(ran) == queue.JOBS


def test_A13_an_upgrade_removes_schedules_that_name_anything_else() -> None:
    scheduled(func="os.system", args="this cannot be read")

    call_command("migrate", verbosity=0)

    assert set(Schedule.objects.values_list("func", flat=True)) == queue.JOBS


# --- locked names -----------------------------------------------------------------------------------------------------


def test_A22_an_administrator_unlocks_a_name(browser: Client, staff: Any) -> None:
    staff("Viewer")
    for _ in range(10):
        Client().post("/login/", {"username": "viewer", "password": "wrong"})
    row = AccessAttempt.objects.get()

    browser.post("/admin/axes/accessattempt/", {"action": "unlock", "_selected_action": [row.pk]})

    assert Client().post("/login/", {"username": "viewer", "password": PASSWORD}).status_code == 302


def test_A22_an_upgrade_lets_the_administrators_of_an_older_install_unlock() -> None:
    administrators = Group.objects.get(name="Administrator").permissions
    administrators.set(Permission.objects.exclude(content_type__app_label="axes"))
    OfferedPermission.objects.filter(permission__content_type__app_label="axes").delete()

    call_command("migrate", verbosity=0)

    assert administrators.filter(codename="delete_accessattempt").exists()


@pytest.mark.parametrize("role", ["Viewer", "Operations"])
def test_A22_nobody_else_unlocks_a_name(staff: Any, role: str) -> None:
    user, client = staff(role), Client()
    User.objects.update(is_staff=True)
    client.force_login(user)

    assert client.get("/admin/axes/accessattempt/").status_code == 403
