"""Django admin as each role meets it: everything can be looked at, no evidence can be touched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from orders import reviews
from orders.actors import Actor
from orders.asks import services as asks
from orders.asks.forms import CLOCKS_TO_ASK
from orders.care import presence
from orders.care import services as care
from orders.models import Act, ApiKey, ClockLimit, GroupedOrder, OrderGroup, OrderUpdate, Reveal
from orders.saved import services as saved
from tests.conftest import order_update, payload
from tests.rows import changed, everything
from webhooks.models import NimbblEvent, RejectedAttempt

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]

EVIDENCE = [
    model
    for label in ("orders", "webhooks")
    for model in apps.get_app_config(label).get_models()
    if model not in (ApiKey, ClockLimit)
]
#: Evidence about staff.
FOR_ADMINISTRATORS = [Reveal]
#: What the published "split order" and "order stuck" say about people.
PERSONAL = ["USER1", "Hiramay", "Pushpayastha", "Rishiraj", "purkayastha", "1234567890"]


def address(model: Any, tail: str = "", *arguments: Any) -> str:
    """The admin's address of a model."""
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{tail}".format(*arguments)


@pytest.fixture
def filled(post: Post) -> None:
    """A row of every model of ours."""
    post(order_update("PO2", 99, 1_700_000_000))
    post(order_update("PO2", 30, 1_700_000_100))
    reviews.mark_reviewed(GroupedOrder.objects.get(pk="PO2"), by=Actor.of(User.objects.create_user("reviewer")))
    post(payload("split-order"))
    post(payload("order-stuck"))
    post(order_update("PO1", 99, 1_700_000_000))
    post(order_update("PO1", 30, 1_700_000_100))
    post(payload("delivered"), token=None)
    care.tag("PO122434", "call USER1", by=Actor("asha"))
    care.note("PO122434", "USER1 calls back", by=Actor("asha"))
    asks.ask(["M-PO1"], CLOCKS_TO_ASK, by=Actor("asha"))
    presence.sign("PO122434", User.objects.get(username="reviewer"))
    Reveal.objects.create(purchase="PO122434", name="reviewer", at=timezone.now(), opened_from="now")
    saved.save(User.objects.get(username="reviewer"), "orders of USER1", "courier=USER1", is_shared=True)
    ApiKey.issue("shop")
    body = b'{"event_type": "payment_success", "user": {"name": "USER1"}, "message": "USER1 paid"}'
    NimbblEvent.objects.create(body=body, size=len(body), identity="1", proof="unproved", outcome="shown")


@pytest.fixture
def browser() -> Callable[[str], Client]:
    """Somebody of a role whom the administrator has let into the admin, or a superuser."""

    def login(role: str) -> Client:
        user = User.objects.create_user(role.lower(), is_staff=True, is_superuser=role == "superuser")
        if role != "superuser":
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return login


def rows(model: Any) -> list[Any]:
    """Up to three rows of a model."""
    return list(model._default_manager.order_by("pk")[:3])


# --- looking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_a_superuser_can_open_every_list_and_every_row(filled: None, browser: Any, model: Any) -> None:
    client = browser("superuser")

    codes = [client.get(address(model)).status_code]
    codes += [client.get(address(model, f"{_quoted(row.pk)}/change/")).status_code for row in rows(model)]

    assert set(codes) == {200}


def _quoted(key: Any) -> str:
    from django.contrib.admin.utils import quote

    return quote(key)


def test_every_record_of_ours_is_in_the_admin(filled: None) -> None:
    assert [model for model in EVIDENCE if model not in admin.site._registry] == []
    assert [model for model in EVIDENCE if not rows(model)] == []  # so that the tests here look at something


@pytest.mark.parametrize("role", ["Viewer", "Operations", "Administrator", "superuser"])
def test_whoever_may_view_sees_every_list_and_row_of_ours(filled: None, browser: Any, role: str) -> None:
    client = browser(role)

    codes = {
        (model._meta.label, client.get(path).status_code)
        for model in EVIDENCE
        if model not in FOR_ADMINISTRATORS
        for path in [address(model), *(address(model, f"{_quoted(row.pk)}/change/") for row in rows(model))]
    }

    assert codes == {(model._meta.label, 200) for model in EVIDENCE if model not in FOR_ADMINISTRATORS}


@pytest.mark.parametrize(("role", "code"), [("Viewer", 403), ("Operations", 403), ("Administrator", 200)])
def test_U23_administrators_alone_read_who_was_shown_what(filled: None, browser: Any, role: str, code: int) -> None:
    assert browser(role).get(address(Reveal)).status_code == code


@pytest.mark.parametrize("role", ["Viewer", "Operations", "Administrator"])
def test_U9_who_is_not_let_into_the_admin_sees_none_of_it(filled: None, role: str) -> None:
    user = User.objects.create_user("outside")
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)

    codes = {client.get(address(model)).status_code for model in EVIDENCE}

    assert codes == {403}


@pytest.mark.parametrize("model", [ApiKey, User, Group])
@pytest.mark.parametrize("role", ["Viewer", "Operations"])
def test_U9_keys_and_people_are_for_administrators(filled: None, browser: Any, role: str, model: Any) -> None:
    assert browser(role).get(address(model)).status_code == 403


# --- not touching -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
@pytest.mark.parametrize("role", ["Administrator", "superuser"])
def test_U14_nobody_adds_changes_or_deletes_evidence(filled: None, browser: Any, model: Any, role: str) -> None:
    client = browser(role)
    row = rows(model)[0]
    before = everything()
    data = {field.name: "1" for field in model._meta.concrete_fields} | {"_save": "Save", "post": "yes"}

    codes = [
        client.get(address(model, "add/")).status_code,
        client.post(address(model, "add/"), data).status_code,
        client.post(address(model, f"{_quoted(row.pk)}/change/"), data).status_code,
        client.get(address(model, f"{_quoted(row.pk)}/delete/")).status_code,
        client.post(address(model, f"{_quoted(row.pk)}/delete/"), data).status_code,
    ]
    client.post(address(model), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})

    assert codes == [403] * 5
    assert changed(before, everything()) == set()


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_U14_no_page_of_evidence_offers_a_field_to_fill_in(filled: None, browser: Any, model: Any) -> None:
    page = browser("superuser").get(address(model, f"{_quoted(rows(model)[0].pk)}/change/")).content.decode()

    assert [word for word in ('name="_save"', "deletelink", "<textarea", 'type="text"') if word in page] == []


def test_control_a_page_that_may_be_edited_does_offer_it(filled: None, browser: Any) -> None:
    key = ApiKey.objects.get()

    page = browser("superuser").get(address(ApiKey, f"{key.pk}/change/")).content.decode()

    assert 'name="_save"' in page


# --- personal data ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_U11_a_viewer_sees_no_personal_data_in_the_admin(filled: None, browser: Any, model: Any) -> None:
    client = browser("Viewer")

    text = client.get(address(model)).content.decode()
    for row in model._default_manager.all():
        text += client.get(address(model, f"{_quoted(row.pk)}/change/")).content.decode()

    assert [word for word in PERSONAL if word in text] == []


@pytest.mark.parametrize("role", ["Operations", "superuser"])
def test_control_who_may_see_it_does(filled: None, browser: Any, role: str) -> None:
    client = browser(role)

    text = client.get(address(OrderGroup, f"{_quoted('PO122434')}/change/")).content.decode()
    text += client.get(address(GroupedOrder, "PO19719451082/change/")).content.decode()

    assert [word for word in ("USER1", "Rishiraj") if word not in text] == []


@pytest.mark.parametrize(
    "query",
    [
        "customer_name__startswith=Mr",
        "email__contains=a",
        "contact_number__startswith=12",
        "personal_text__contains=user1",
        "delivery_address__name=x",
        "heard__isnull=0",
        "orders__invoices__patient_name__startswith=R",
    ],
)
def test_U12_the_query_string_of_the_admin_is_no_oracle(filled: None, browser: Any, query: str) -> None:
    client = browser("Viewer")
    value = query.partition("=")[2]

    right = client.get(f"{address(OrderGroup)}?{query}")
    wrong = client.get(f"{address(OrderGroup)}?{query.replace('=' + value, '=nobodyhasthis')}")

    assert (right.status_code, right.status_code) == (wrong.status_code, 400)


# --- searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "question", "found"),
    [
        (OrderGroup, "PO122434", 1),
        (OrderGroup, "M-PO1", 1),
        (OrderGroup, "M-PO", 0),
        (GroupedOrder, "PO1", 1),
        (GroupedOrder, "PO19719451082626", 1),
        (GroupedOrder, "PO122434", 3),
        (OrderUpdate, "PO1", 2),
        (Act, "M-PO2", 1),
    ],
)
def test_search_finds_by_exact_id(filled: None, browser: Any, model: Any, question: str, found: int) -> None:
    page = browser("Viewer").get(address(model), {"q": question})

    assert page.context["cl"].result_count == found


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_U21_no_question_breaks_a_list(browser: Any, model: Any) -> None:
    client = browser("Administrator" if model in FOR_ADMINISTRATORS else "Viewer")
    questions = ["nobody", "'", '"', "%", "\\", "1 2 3", "💊", "\0", "9" * 40, "x" * 5000, "1' OR '1'='1", "१"]

    codes = {question[:20]: client.get(address(model), {"q": question}).status_code for question in questions}

    assert codes == dict.fromkeys(codes, 200)


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_U21_no_key_breaks_a_page(browser: Any, model: Any) -> None:
    client = browser("Administrator" if model in FOR_ADMINISTRATORS else "Viewer")
    keys = ["nobody", "9" * 30, "-1", "_27", "x" * 500, "_00", "%00"]

    codes = {key[:20]: client.get(address(model, f"{key}/change/")).status_code for key in keys}

    assert codes == dict.fromkeys(codes, 302)


# --- acting -----------------------------------------------------------------------------------------------------------


def act(client: Client, model: Any, action: str, keys: list[Any]) -> str:
    """Run an action on rows; the page that follows."""
    data = {"action": action, "_selected_action": keys}
    return client.post(address(model), data, follow=True).content.decode()


@pytest.mark.parametrize("role", ["Operations", "Administrator", "superuser"])
def test_mark_as_looked_at_reports_per_order(filled: None, browser: Any, role: str) -> None:
    page = act(browser(role), GroupedOrder, "mark_reviewed", ["PO1", "PO19719451082"])

    assert "PO1: cleared" in page
    assert "PO19719451082: nothing was flagged" in page
    assert GroupedOrder.objects.get(pk="PO1").review_flags == []
    assert Act.objects.get(order="PO1").actor.username == role.lower()  # type: ignore[union-attr]


def test_U9_a_viewer_cannot_mark_anything(filled: None, browser: Any) -> None:
    client = browser("Viewer")
    before = everything()

    page = act(client, GroupedOrder, "mark_reviewed", ["PO1"])

    assert "cleared" not in page
    assert changed(before, everything()) <= {"sessions.Session", "sessions.Session.session_data"}


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_is_revoked_here_and_nothing_else_of_it_changes(filled: None, browser: Any) -> None:
    key = ApiKey.objects.get()
    data = {
        "revoked_at_0": "2026-01-01",
        "revoked_at_1": "00:00",
        "name": "x",
        "may_see_personal_data": "on",
        "may_write": "on",
        "digest": "x",
        "prefix": "x",
    }
    before = everything()

    browser("superuser").post(address(ApiKey, f"{key.pk}/change/"), data)

    found = {name for name in changed(before, everything()) if name.startswith("orders.ApiKey")}
    assert found == {"orders.ApiKey.revoked_at"}


def test_U13_a_key_is_neither_made_nor_deleted_here(filled: None, browser: Any) -> None:
    client, key = browser("superuser"), ApiKey.objects.get()

    codes = [
        client.post(address(ApiKey, "add/"), {"name": "x"}).status_code,
        client.post(address(ApiKey, f"{key.pk}/delete/"), {"post": "yes"}).status_code,
    ]

    assert codes == [403, 403]
    assert ApiKey.objects.count() == 1


def test_no_page_shows_the_digest_of_a_key(filled: None, browser: Any) -> None:
    client, key = browser("superuser"), ApiKey.objects.get()

    pages = [client.get(address(ApiKey)), client.get(address(ApiKey, f"{key.pk}/change/"))]

    assert [page for page in pages if key.digest in page.content.decode()] == []


# --- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVIDENCE, ids=lambda model: model._meta.label)
def test_a_long_list_costs_no_more_queries_than_a_short_one(
    filled: None, browser: Any, post: Post, django_assert_max_num_queries: Any, model: Any
) -> None:
    client = browser("Viewer")
    with django_assert_max_num_queries(200) as queries:
        client.get(address(model))
        short = len(queries)
    for number in range(5):
        post(order_update(f"MORE{number}"))
        RejectedAttempt.objects.create(minute=timezone.now(), reason=str(number))

    with django_assert_max_num_queries(short):
        client.get(address(model))
