"""Who may do what: every address, every role, and the permissions behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command
from django.test import Client

from orders.saved import services as saved
from payments.models import PartnerCall, Refund
from tests import addresses
from tests.conftest import order_update, payload
from tests.rows import changed, everything
from webhooks.models import NimbblEvent

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]

ROLES = ("nobody", "no role", "Viewer", "Operations", "Administrator")
#: Method and address -> what each of ROLES is answered. An address that is missing here fails the test.
MATRIX = {
    "GET session": (405, 405, 405, 405, 405),
    "POST session": (401, 204, 204, 204, 204),
    "GET desk": (302, 403, 200, 200, 200),
    "GET orders:pulse": (302, 403, 200, 200, 200),
    "GET login": (200, 302, 302, 302, 302),
    "GET logout": (405, 405, 405, 405, 405),
    "GET orders:list": (302, 403, 200, 200, 200),
    "GET orders:views": (302, 403, 200, 200, 200),
    "GET orders:view-counts": (302, 403, 200, 200, 200),
    "GET orders:view-save": (302, 403, 200, 200, 200),
    "GET orders:view-rename": (302, 403, 404, 404, 200),
    "GET orders:view-share": (405, 405, 405, 405, 405),
    "GET orders:view-delete": (302, 403, 404, 404, 200),
    "GET orders:find": (302, 403, 200, 200, 200),
    "GET orders:found": (302, 403, 200, 200, 200),
    "GET orders:purchase": (302, 403, 200, 200, 200),
    "GET orders:reviewed": (405, 405, 405, 405, 405),
    "GET keys": (302, 200, 200, 200, 200),
    "GET orders:hits": (405, 405, 405, 405, 405),
    "GET orders:reveal": (405, 405, 405, 405, 405),
    "GET orders:reveal-to-call": (405, 405, 405, 405, 405),
    "GET orders:note": (302, 403, 403, 200, 200),
    "GET orders:tag": (302, 403, 403, 200, 200),
    "GET orders:untag": (405, 405, 405, 405, 405),
    "GET orders:take": (302, 403, 403, 200, 200),
    "GET orders:opened": (405, 405, 405, 405, 405),
    "GET orders:give-back": (405, 405, 405, 405, 405),
    "GET orders:papers": (302, 403, 200, 200, 200),
    "GET orders:refunds": (302, 403, 200, 200, 200),
    "GET orders:money": (302, 403, 200, 200, 200),
    "GET orders:money-days-csv": (302, 403, 200, 200, 200),
    "GET orders:money-purchases-csv": (302, 403, 200, 200, 200),
    "GET orders:asks": (302, 403, 200, 200, 200),
    "GET orders:ask": (405, 405, 405, 405, 405),
    "GET orders:asks-csv": (405, 405, 405, 405, 405),
    "GET orders:asked": (302, 403, 404, 404, 404),
    "GET orders:asked-csv": (302, 403, 404, 404, 404),
    "GET orders:ask-of-one": (405, 405, 405, 405, 405),
    "GET orders:answer": (302, 403, 403, 200, 200),
    "GET orders:not-asked": (405, 405, 405, 405, 405),
    "GET orders:limits": (302, 403, 200, 200, 200),
    "GET orders:put-limit": (405, 405, 405, 405, 405),
    "GET orders:take-back-limit": (405, 405, 405, 405, 405),
    "GET orders:call": (302, 403, 403, 200, 200),
    "GET orders:put-off": (302, 403, 403, 200, 200),
    "GET orders:wake": (405, 405, 405, 405, 405),
    "GET payments:api-list": (401, 401, 401, 401, 401),
    "GET payments:register": (302, 403, 403, 200, 200),
    "GET payments:register-csv": (302, 403, 403, 200, 200),
    "GET payments:confirm": (302, 403, 403, 200, 200),
    "GET payments:cancel": (302, 403, 403, 200, 200),
    "GET payments:confirm-several": (302, 403, 403, 200, 200),
    "GET payments:several-result": (302, 403, 403, 200, 200),
    "GET payments:same-order": (302, 403, 403, 404, 404),
    "GET payments:nimbbl-update": (302, 403, 403, 200, 200),
    "GET payments:start-refund": (302, 403, 403, 200, 200),
    "GET payments:refund": (302, 403, 200, 200, 200),
    "GET payments:approve-refund": (302, 403, 403, 200, 200),
    "GET payments:decline-refund": (302, 403, 403, 200, 200),
    "GET payments:send-refund-again": (302, 403, 403, 200, 200),
    "GET payments:ask-of-refund": (405, 405, 405, 405, 405),
    "GET payments:calls": (302, 403, 200, 200, 200),
    "GET payments:call": (302, 403, 200, 200, 200),
    "GET payments:settle": (405, 405, 405, 405, 405),
    "GET payments:resend": (302, 403, 403, 200, 200),
    "GET payments:send-now": (405, 405, 405, 405, 405),
    "GET payments:drop": (405, 405, 405, 405, 405),
    "GET payments:partners": (302, 403, 403, 403, 200),
    "GET payments:api-detail": (401, 401, 401, 401, 401),
    "GET webhooks:update-status": (405, 405, 405, 405, 405),
    "GET webhooks:transaction": (401, 401, 401, 401, 401),
    "GET webhooks:nimbbl-events": (405, 405, 405, 405, 405),
    "GET webhooks:refund-requests": (405, 405, 405, 405, 405),
    "GET webhooks:refund-request": (401, 401, 401, 401, 401),
    "GET webhooks:track": (405, 405, 405, 405, 405),
    "GET webhooks:deliveries": (302, 403, 200, 200, 200),
    "GET webhooks:events": (302, 403, 200, 200, 200),
    "GET webhooks:delivery": (302, 403, 200, 200, 200),
    "GET webhooks:event": (302, 403, 200, 200, 200),
    "GET webhooks:body": (302, 403, 403, 200, 200),
    "GET webhooks:apply-again": (405, 405, 405, 405, 405),
    "GET schema": (401, 200, 200, 200, 200),
    "GET docs": (302, 200, 200, 200, 200),
    "GET metrics": (401, 401, 401, 401, 401),
    "GET healthz": (200, 200, 200, 200, 200),
    "GET readyz": (200, 200, 200, 200, 200),
    "POST desk": (405, 405, 405, 405, 405),
    "POST orders:pulse": (405, 405, 405, 405, 405),
    "POST login": (200, 302, 302, 302, 302),
    "POST logout": (302, 302, 302, 302, 302),
    "POST orders:list": (405, 405, 405, 405, 405),
    "POST orders:views": (405, 405, 405, 405, 405),
    "POST orders:view-counts": (405, 405, 405, 405, 405),
    "POST orders:view-save": (401, 403, 400, 400, 400),
    "POST orders:view-rename": (401, 403, 404, 404, 400),
    "POST orders:view-share": (401, 403, 403, 403, 302),
    "POST orders:view-delete": (401, 403, 404, 404, 302),
    "POST orders:find": (401, 403, 303, 303, 303),
    "POST orders:found": (405, 405, 405, 405, 405),
    "POST orders:purchase": (405, 405, 405, 405, 405),
    "POST orders:reviewed": (401, 403, 403, 302, 302),
    "POST keys": (401, 302, 302, 302, 302),
    "POST orders:hits": (401, 403, 200, 200, 200),
    "POST orders:reveal": (401, 403, 403, 302, 302),
    "POST orders:reveal-to-call": (401, 403, 403, 302, 302),
    "POST orders:limits": (405, 405, 405, 405, 405),
    "POST orders:put-limit": (401, 403, 403, 403, 400),
    "POST orders:take-back-limit": (401, 403, 403, 403, 302),
    "POST orders:note": (401, 403, 403, 400, 400),
    "POST orders:tag": (401, 403, 403, 400, 400),
    "POST orders:untag": (401, 403, 403, 302, 302),
    "POST orders:take": (401, 403, 403, 302, 302),
    "POST orders:opened": (401, 403, 200, 200, 200),
    "POST orders:give-back": (401, 403, 403, 302, 302),
    "POST orders:papers": (405, 405, 405, 405, 405),
    "POST orders:refunds": (405, 405, 405, 405, 405),
    "POST orders:money": (405, 405, 405, 405, 405),
    "POST orders:money-days-csv": (405, 405, 405, 405, 405),
    "POST orders:money-purchases-csv": (405, 405, 405, 405, 405),
    "POST orders:asks": (405, 405, 405, 405, 405),
    "POST orders:ask": (401, 403, 403, 302, 302),
    "POST orders:asks-csv": (401, 403, 302, 302, 302),
    "POST orders:asked": (405, 405, 405, 405, 405),
    "POST orders:asked-csv": (405, 405, 405, 405, 405),
    "POST orders:ask-of-one": (401, 403, 403, 302, 302),
    "POST orders:answer": (401, 403, 403, 400, 400),
    "POST orders:not-asked": (401, 403, 403, 302, 302),
    "POST orders:call": (401, 403, 403, 302, 302),
    "POST orders:put-off": (401, 403, 403, 400, 400),
    "POST orders:wake": (401, 403, 403, 302, 302),
    "POST payments:api-list": (401, 401, 401, 401, 401),
    "POST payments:register": (401, 403, 403, 200, 200),
    "POST payments:register-csv": (401, 403, 403, 200, 200),
    "POST payments:confirm": (401, 403, 403, 409, 409),
    "POST payments:cancel": (401, 403, 403, 409, 409),
    "POST payments:confirm-several": (401, 403, 403, 400, 400),
    "POST payments:several-result": (405, 405, 405, 405, 405),
    "POST payments:same-order": (401, 403, 403, 404, 404),
    "POST payments:nimbbl-update": (401, 403, 403, 200, 200),
    "POST payments:start-refund": (401, 403, 403, 400, 400),
    "POST payments:refund": (405, 405, 405, 405, 405),
    "POST payments:approve-refund": (401, 403, 403, 409, 409),
    "POST payments:decline-refund": (401, 403, 403, 409, 409),
    "POST payments:send-refund-again": (401, 403, 403, 409, 409),
    "POST payments:ask-of-refund": (401, 403, 403, 302, 302),
    "POST payments:calls": (405, 405, 405, 405, 405),
    "POST payments:call": (405, 405, 405, 405, 405),
    "POST payments:settle": (401, 403, 403, 409, 409),
    "POST payments:resend": (401, 403, 403, 409, 409),
    "POST payments:send-now": (401, 403, 403, 409, 409),
    "POST payments:drop": (401, 403, 403, 409, 409),
    "POST payments:partners": (401, 403, 403, 403, 200),
    "POST payments:api-detail": (401, 401, 401, 401, 401),
    "POST webhooks:update-status": (401, 401, 401, 401, 401),
    "POST webhooks:transaction": (405, 405, 405, 405, 405),
    "POST webhooks:nimbbl-events": (503, 503, 503, 503, 503),
    "POST webhooks:refund-requests": (401, 401, 401, 401, 401),
    "POST webhooks:refund-request": (405, 405, 405, 405, 405),
    "POST webhooks:track": (401, 403, 403, 302, 302),
    "POST webhooks:deliveries": (405, 405, 405, 405, 405),
    "POST webhooks:events": (405, 405, 405, 405, 405),
    "POST webhooks:delivery": (405, 405, 405, 405, 405),
    "POST webhooks:event": (405, 405, 405, 405, 405),
    "POST webhooks:body": (405, 405, 405, 405, 405),
    "POST webhooks:apply-again": (401, 403, 403, 302, 302),
    "POST schema": (401, 405, 405, 405, 405),
    "POST metrics": (401, 401, 401, 401, 401),
    "POST docs": (405, 405, 405, 405, 405),
    "POST healthz": (405, 405, 405, 405, 405),
    "POST readyz": (405, 405, 405, 405, 405),
}


@pytest.fixture
def filled(post: Post) -> None:
    """Rows for every address to show."""
    post(payload("split-order"))
    post(order_update("PO1", 99, 1_700_000_000))
    post(order_update("PO1", 30, 1_700_000_100))
    saved.save(User.objects.create_user("boss"), "Stuck", "status=20", is_shared=True)
    PartnerCall.objects.create(
        group_id="M-PO1", partner="1mg", operation="confirm", state="unknown", by="asha", said="No answer came."
    )
    NimbblEvent.objects.create(body=b"{}", size=2, identity="1", proof="unproved", outcome="shown")
    Refund.objects.create(group_id="M-PO1", amount=100, asker="1mg", asked_by="1mg")


def browser(role: str) -> Client:
    """A browser of somebody with that role."""
    client = Client(raise_request_exception=False)
    if role != "nobody":
        user = User.objects.create_user(role)
        if role != "no role":
            user.groups.add(Group.objects.get(name=role))
        client.force_login(user)
    return client


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_U9_every_address_answers_every_role_as_agreed(filled: None, role: str, method: str) -> None:
    found = {}
    for name, path in addresses.ours().items():
        client = browser(role)
        found[f"{method} {name}"] = getattr(client, method.lower())(path).status_code
        User.objects.filter(username=role).delete()

    agreed = {name: codes[ROLES.index(role)] for name, codes in MATRIX.items() if name.startswith(method)}
    assert found == agreed


#: Open to everybody, each for its reason.
OPEN = {"login", "logout", "healthz", "readyz", "admin:login", "webhooks:update-status", "webhooks:nimbbl-events"}


@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_U8_nobody_gets_further_than_the_login(filled: None, client: Client, method: str) -> None:
    open_to_all = {}
    for name, path in addresses.every().items():
        answer = getattr(client, method)(path)
        while answer.status_code in (301, 302):
            answer = client.get(answer["Location"])
        at_login = answer.status_code == 200 and answer.request["PATH_INFO"] in ("/login/", "/admin/login/")
        if not at_login and answer.status_code not in (401, 403, 405):
            open_to_all[name] = answer.status_code

    assert {name: code for name, code in open_to_all.items() if name not in OPEN} == {}


def test_control_there_are_addresses_to_ask(filled: None) -> None:
    names = addresses.every()

    assert len(names) > 60
    assert {"orders:purchase", "admin:orders_sku_change", "webhooks:apply-again"} <= set(names)


#: What a door counts where somebody comes without its token.
COUNTED = "webhooks.RejectedAttempt"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_U29_no_safe_method_changes_a_row(filled: None, method: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root"))
    before = everything()

    codes = {
        name: getattr(client, method)(path).status_code
        for name, path in addresses.every().items()
        if name != "admin:logout"
    }

    assert {name: code for name, code in codes.items() if code >= 500} == {}
    found = {name for name in changed(before, everything()) if not name.startswith("sessions.")}
    assert found - {COUNTED} == set()


@pytest.mark.parametrize("trick", [{"_method": "POST"}, {"X-HTTP-Method-Override": "POST"}, {"X-HTTP-Method": "POST"}])
def test_U29_no_trick_makes_a_get_act(filled: None, trick: dict[str, str]) -> None:
    client = browser("Operations")
    before = everything()
    path = addresses.ours()["orders:reviewed"].replace("PO122434", "M-PO1")

    answer = client.get(path, trick, headers=trick)

    assert answer.status_code == 405
    assert {name for name in changed(before, everything()) if not name.startswith("sessions.")} == set()


# --- the action of the purchase page ----------------------------------------------------------------------------------


def test_who_may_act_marks_a_purchase_as_looked_at(filled: None) -> None:
    client = browser("Operations")

    answer = client.post("/orders/M-PO1/reviewed/", follow=True)

    assert answer.redirect_chain == [("/orders/M-PO1/", 302)]
    text = answer.content.decode()
    assert "Marked as looked at." in text
    assert "Looked at and cleared" in text


def test_U13_further_fields_of_the_form_are_ignored(filled: None) -> None:
    client = browser("Operations")
    before = everything()

    client.post("/orders/M-PO1/reviewed/", {"status_id": 40, "review_flags": "x", "is_superuser": "1", "group": "M"})

    assert {name for name in changed(before, everything()) if not name.startswith("sessions.")} == {
        "orders.GroupedOrder.review_flags",
        "orders.GroupedOrder.flagged_at",
        "orders.Act",
        "orders.Need",
    }


def test_U5_a_post_without_the_forms_token_is_refused(filled: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    codes = {
        client.post("/orders/M-PO1/reviewed/", headers=headers).status_code
        for headers in ({}, {"Origin": "https://evil.example"}, {"Content-Type": "application/json"})
    }

    assert codes == {403}


# --- the permissions behind the roles ---------------------------------------------------------------------------------


def permissions(role: str) -> set[str]:
    """The permissions of a role, as `app.codename`."""
    found = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {f"{app}.{codename}" for app, codename in found}


VIEW = {
    "orders.view_ordergroup",
    "orders.view_groupedorder",
    "orders.view_sku",
    "orders.view_invoice",
    "orders.view_orderupdate",
    "orders.view_act",
    "orders.view_need",
    "orders.view_ask",
    "orders.view_clocklimit",
    "orders.view_care",
    "orders.view_tag",
    "orders.view_presence",
    "orders.view_savedview",
    "webhooks.view_delivery",
    "webhooks.view_rejectedattempt",
    "webhooks.view_nimbblevent",
    "payments.view_partnercall",
    "payments.view_payment",
    "payments.view_transaction",
    "payments.view_refund",
    "payments.view_refundrequest",
}
ACT = {
    "orders.change_groupedorder",
    "webhooks.change_delivery",
    "orders.view_personal_data",
    "payments.send_partnercall",
    "payments.settle_partnercall",
    "payments.cancel_order",
    "webhooks.track_order",
    "payments.register_purchase",
    "payments.refund_payment",
}


def test_a_viewer_views() -> None:
    assert permissions("Viewer") == VIEW


def test_operations_views_acts_and_sees_personal_data() -> None:
    assert permissions("Operations") == VIEW | ACT


def test_an_administrator_may_everything_of_ours_and_look_after_staff() -> None:
    every = Permission.objects.filter(content_type__app_label__in=("orders", "payments", "webhooks"))

    assert permissions("Administrator") == {f"{p.content_type.app_label}.{p.codename}" for p in every} | {
        "auth.view_user",
        "auth.add_user",
        "auth.change_user",
        "auth.delete_user",
        "auth.view_group",
        "axes.view_accesslog",
        "axes.view_accessattempt",
        "axes.delete_accessattempt",
    }


def test_a_missing_role_comes_back_with_the_next_migrate_and_the_others_stay_as_they_are() -> None:
    Group.objects.get(name="Viewer").delete()
    Group.objects.get(name="Operations").permissions.clear()

    call_command("migrate", verbosity=0)

    assert (permissions("Viewer"), permissions("Operations")) == (VIEW, set())


def before_an_upgrade(**brings: str) -> None:
    """As if the permissions with these columns were to come with the next `migrate`."""
    Permission.objects.filter(**brings).delete()


@pytest.mark.parametrize(
    "brings", [{"content_type__app_label": "payments"}, {"codename": "cancel_order"}], ids=["an app", "a permission"]
)
def test_what_comes_with_an_upgrade_is_given_to_each_role_that_is_to_hold_it(brings: dict[str, str]) -> None:
    before_an_upgrade(**brings)
    Group.objects.get(name="Viewer").permissions.remove(Permission.objects.get(codename="view_sku"))

    call_command("migrate", verbosity=0)

    assert permissions("Viewer") == VIEW - {"orders.view_sku"}
    assert permissions("Operations") == VIEW | ACT
    assert {"payments.cancel_order", "payments.override_preflight"} <= permissions("Administrator")


@pytest.mark.parametrize("codenames", [["cancel_order"], ["view_presence", "add_presence"]])
def test_what_an_owner_has_taken_from_roles_is_not_given_again(codenames: list[str]) -> None:
    before_an_upgrade(codename=codenames[0])
    call_command("migrate", verbosity=0)
    for role in ("Viewer", "Operations", "Administrator"):
        Group.objects.get(name=role).permissions.remove(*Permission.objects.filter(codename__in=codenames))

    call_command("migrate", verbosity=0)

    left = {name.partition(".")[2] for role in ("Operations", "Administrator") for name in permissions(role)}
    assert left & set(codenames) == set()


def test_what_an_owner_has_added_to_a_role_stays() -> None:
    Group.objects.get(name="Viewer").permissions.add(Permission.objects.get(codename="track_order"))

    call_command("migrate", verbosity=0)

    assert permissions("Viewer") == VIEW | {"webhooks.track_order"}
