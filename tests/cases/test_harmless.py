"""F14: who may not see personal data is shown keys that are known to be harmless, no medicine and no words of staff."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.models import Act, ApiKey, OrderGroup
from payments import outbox
from payments.choices import State
from payments.models import PartnerCall
from tests.cases.told import case, entry, purchase
from tests.conftest import document
from tests.forms import press
from tests.payments.conftest import Buy

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
Send = Callable[..., Any]
#: A word that is nowhere but in what must not be shown.
SECRET = "kritrim"


@pytest.fixture
def reader(staff: Callable[[str], User]) -> AsRole:
    """The browser of somebody with a role, who may open the admin."""

    def sign_in(role: str) -> Client:
        user = staff(role)
        User.objects.filter(pk=user.pk).update(is_staff=True)
        browser = Client()
        browser.force_login(user)
        return browser

    return sign_in


@pytest.fixture
def viewer(reader: AsRole) -> Client:
    return reader("Viewer")


def masked_purchase(key: str) -> str:
    """A purchase as the read API gives it to a key that may not see personal data."""
    _key, secret = ApiKey.issue(f"masked {ApiKey.objects.count()}", may_see_personal_data=False)
    return Client().get(f"/api/orders/{key}/", headers={"Authorization": f"Token {secret}"}).content.decode()


def pages(browser: Client, *paths: str) -> str:
    """What stands on pages, with all there is of them."""
    answers = [browser.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [200] * len(paths)
    return "".join(answer.content.decode() for answer in answers)


def everything(browser: Client, key: str) -> str:
    """Every page on which a purchase's JSON might be shown."""
    deliveries = list(browser.get("/deliveries/").context["page"].rows)
    paths = [f"/deliveries/{delivery.pk}/" for delivery in deliveries]
    admin = [f"/admin/webhooks/delivery/{delivery.pk}/change/" for delivery in deliveries]
    orders = [f"/admin/orders/groupedorder/{order.pk}/change/" for order in OrderGroup.objects.get(pk=key).orders.all()]
    return pages(browser, "/orders/", f"/orders/{key}/", "/deliveries/", *paths, *admin, *orders)


# --- unknown keys -----------------------------------------------------------------------------------------------------


def test_F14_a_masked_key_is_not_told_keys_that_nobody_knows(post: Send) -> None:
    post(case("F14-unknown-keys"))

    told = masked_purchase("F14")

    assert [word for word in ("name@bank", "A Person", "upi_vpa", "card") if word in told] == []
    assert json.loads(told)["payment_summary"]["mode"] == "ONLINE"


def test_F14_control_a_key_that_may_see_everything_is_told_them(post: Send) -> None:
    post(case("F14-unknown-keys"))

    assert purchase("F14")["payment_summary"]["upi_vpa"] == "name@bank"


def test_F14_a_viewer_reads_none_of_them(post: Send, reader: AsRole) -> None:
    post(case("F14-unknown-keys"))

    read = everything(reader("Viewer"), "F14")

    assert [word for word in ("name@bank", "A Person", "upi_vpa") if word in read] == []


#: A key nobody has thought about, with any JSON below it.
STRANGE = st.dictionaries(
    st.sampled_from([f"{SECRET}_vpa", f"{SECRET}@bank", f"of {SECRET}", f"{SECRET}{SECRET}"]),
    st.recursive(
        st.sampled_from([SECRET, f"{SECRET}@bank", f"Mr {SECRET.title()}"]),
        lambda inner: st.lists(inner, min_size=1, max_size=2) | st.fixed_dictionaries({"name": inner}),
        max_leaves=3,
    ),
    min_size=1,
    max_size=2,
)
#: Where 1mg's JSON has objects, as a way into the document.
PLACES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "summary": lambda body: entry(body)["payment_summary"],
    "vas": lambda body: entry(body)["payment_summary"].setdefault("vas", [{"amount": 1, "display_text": "Gift"}])[0],
    "charge": lambda body: entry(body)["payment_summary"].setdefault("additional_charges", [{"amount": 2}])[0],
    "address": lambda body: document(body).setdefault("delivery_address", {"city": "Pune", "name": "X Y"}),
    "user": lambda body: document(body).setdefault("user", {"email": "a@example.org"}),
    "paper": lambda body: document(body).setdefault("prescriptions", [{"url": "https://rx.example/1"}])[0],
    "sku": lambda body: entry(body)["skus"][0],
    "shipment": lambda body: entry(body).setdefault("shipment_detail", {"delivery_partner_name": "Garuda"}),
    "status": lambda body: entry(body)["order_status"],
    "invoice": lambda body: entry(body).setdefault("invoice_data", {"0012": {"skus": [{"mrp": 1}]}})["0012"],
    "invoiced": lambda body: entry(body).setdefault("invoice_data", {"0012": {"skus": [{"mrp": 1}]}})["0012"]["skus"][
        0
    ],
    "order": entry,
    "document": document,
}


@settings(max_examples=15)
@given(strange=st.fixed_dictionaries({}, optional=dict.fromkeys(PLACES, STRANGE)))
def test_F14_no_unknown_key_is_ever_shown_to_who_may_not_see_it(
    post: Send, viewer: Client, strange: dict[str, dict[str, Any]]
) -> None:
    body = case("F14-unknown-keys")
    for place, keys in strange.items():
        PLACES[place](body).update(keys)

    post(body)

    assert SECRET not in (masked_purchase("F14") + everything(viewer, "F14")).lower()


@pytest.mark.parametrize(
    "known",
    [
        {"mode": f"UPI {SECRET}"},
        {"order_mrp": SECRET},
        {"vas": {"amount": SECRET}},
        {"vas": [{"id": {"of": SECRET}, "amount": [SECRET]}]},
        {"additional_charges": [[SECRET]]},
        {"allow_payment_retry": f"ask {SECRET}"},
    ],
)
def test_F14_a_known_key_shows_a_value_of_its_own_kind_only(post: Send, reader: AsRole, known: dict[str, Any]) -> None:
    body = case("F14-unknown-keys")
    entry(body)["payment_summary"] = {"mode": "ONLINE"} | known

    post(body)

    assert SECRET not in (masked_purchase("F14") + everything(reader("Viewer"), "F14")).lower()


# --- medicines --------------------------------------------------------------------------------------------------------


@pytest.fixture
def medicine(post: Send) -> None:
    """An order of a medicine, which 1mg names in its own sentence and on the invoice as well."""
    body = case("F14-unknown-keys")
    entry(body)["skus"][0]["name"] = "Kritrimol 650 Tablet"
    entry(body)["order_status"]["title"] = "Your KRITRIMOL is being packed"
    entry(body)["invoice_data"] = {"0012": {"skus": [{"name": "Kritrimol 650 Tablet", "mrp": 10, "quantity": 1}]}}
    post(body)


def test_F14_a_viewer_reads_no_medicine(medicine: None, reader: AsRole) -> None:
    assert "kritrimol" not in everything(reader("Viewer"), "F14").lower()


def test_F14_a_masked_key_is_told_no_medicine(medicine: None) -> None:
    told = masked_purchase("F14")

    assert "kritrimol" not in told.lower()
    assert json.loads(told)["orders"][0]["skus"][0]["name"] == "••••"


def test_F14_control_operations_read_it(medicine: None, reader: AsRole) -> None:
    assert "Kritrimol 650 Tablet" in everything(reader("Operations"), "F14")


# --- what staff write -------------------------------------------------------------------------------------------------


@pytest.fixture
def in_doubt(buy: Buy) -> PartnerCall:
    """A confirmation whose outcome nobody knows."""
    buy()
    OrderGroup.objects.update(confirmation_state="unknown")
    return PartnerCall.objects.create(
        group_id="M1", partner="1mg", operation="confirm", state=State.UNKNOWN, by="ravi", said="No answer came."
    )


def told_of(call: PartnerCall, browser: Client) -> str:
    return pages(browser, "/orders/M1/", "/calls/", f"/calls/{call.pk}/") + masked_purchase("M1")


def test_F14_a_viewer_does_not_read_why_staff_settled_a_call(in_doubt: PartnerCall, reader: AsRole) -> None:
    settle(in_doubt, reader("Operations"))

    read = told_of(in_doubt, reader("Viewer"))

    assert "It did not work, says" in read
    assert "kritrim" not in read.lower()


def test_F14_control_operations_read_why(in_doubt: PartnerCall, reader: AsRole) -> None:
    operations = reader("Operations")

    settle(in_doubt, operations)

    assert "It did not work, says operations: “Kritrim&#x27;s mother said so”" in told_of(in_doubt, operations)


def settle(call: PartnerCall, browser: Client) -> None:
    browser.post(f"/calls/{call.pk}/settle/", {"worked": "no", "why": "Kritrim's mother said so"})


@pytest.mark.django_db(transaction=True)
def test_F14_a_viewer_does_not_read_why_staff_went_on_in_spite_of_a_check(
    buy: Buy, partners: Any, reader: AsRole
) -> None:
    buy(paid_amount="1.00")
    press(reader("Administrator"), "/orders/M1/confirm/", override=["paid"], why="Kritrim pays in cash")
    outbox.drain(30)
    (call,) = PartnerCall.objects.all()

    read = told_of(call, reader("Viewer"))

    assert "in spite of" in read
    assert "kritrim" not in read.lower()


def test_F14_what_staff_wrote_before_is_quoted_when_the_schema_moves(in_doubt: PartnerCall) -> None:
    before = "It did not work, says asha: Kritrim said so"
    PartnerCall.objects.update(state="rejected", settled_by="person", settled_reason=before, why="Kritrim asks")
    OrderGroup.objects.update(confirmation_state="rejected", confirmation_reason=before)
    for text in (before, "Confirm at 1mg asked for: Kritrim asks"):
        Act.objects.create(
            group_id="M1", call_id=in_doubt.pk, text=text, source="staff", kind="call", at=now(), received_at=now()
        )

    importlib.import_module("payments.migrations.0005_quote_what_staff_wrote").quote(apps, None)

    assert sorted(Act.objects.filter(call_id=in_doubt.pk).values_list("text", flat=True)) == [
        "Confirm at 1mg asked for: “Kritrim asks”",
        "It did not work, says asha: “Kritrim said so”",
    ]
    assert OrderGroup.objects.get().confirmation_reason == "It did not work, says asha: “Kritrim said so”"
