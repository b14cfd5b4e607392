"""F9: a session that ends loses nothing, as a browser is answered. What a person sees: tests/browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from orders.models import OrderGroup
from payments.models import PartnerCall
from tests import addresses
from tests.conftest import order_update
from tests.forms import fields
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
Staff = Callable[[str], User]
PASSWORD = "a long pass phrase"
SAID = "You were signed out; nothing was sent"
SCRIPTS = {
    "htmx": {"HX-Request": "true"},
    "fetch": {"Sec-Fetch-Mode": "cors"},
    "XMLHttpRequest": {"X-Requested-With": "XMLHttpRequest"},
    "a program": {"Accept": "application/json"},
}


@pytest.fixture
def filled(post: Post) -> None:
    """A purchase that wants a look, its deliveries, and a call in doubt."""
    post(order_update("PO1", 99, 1_700_000_000))
    post(order_update("PO1", 30, 1_700_000_100))
    PartnerCall.objects.create(
        group_id="M-PO1", partner="1mg", operation="confirm", state="unknown", by="asha", said="No answer came."
    )


@pytest.fixture
def asha(staff: Staff) -> Client:
    """A browser of operations that compares tokens, signed in through the form."""
    staff("Operations")
    browser = Client(enforce_csrf_checks=True)
    sign_in(browser)
    return browser


def sign_in(browser: Client, to: str = "") -> Any:
    """Through the form, as a browser does."""
    return browser.post("/login/", sign_in_form(browser, to))


def sign_in_form(browser: Client, to: str = "") -> dict[str, str]:
    """The form, opened and filled in."""
    token = token_of(browser.get("/login/", {"next": to}))
    return {"csrfmiddlewaretoken": token, "next": to, "username": "operations", "password": PASSWORD}


def text(answer: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(re.sub("<[^>]*>", " ", answer.content.decode()).split()))


def token_of(page: Any) -> str:
    return re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())[0]


def of_ours(names: set[str]) -> set[str]:
    """Without what signing in and out writes."""
    return {name for name in names if not name.startswith(("sessions.", "axes.", "auth."))}


def acting() -> dict[str, str]:
    """Every address of ours that takes a form and is for staff."""
    browser = Client()
    doors = ("webhooks:update-status", "webhooks:refund-requests", "webhooks:nimbbl-events")
    programs = ("desk", "login", "logout", "metrics", "schema", *doors)
    api = ("payments:api-list", "payments:api-detail")
    ours = {name: path for name, path in addresses.ours().items() if name not in (*programs, *api)}
    return {name: path for name, path in ours.items() if browser.post(path).status_code != 405}


# --- scripts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize(
    "path", ["/orders/?from=x", "/orders/M-PO1/?seen=1", "/orders/M-PO1/confirm/", "/calls/1/", "/admin/orders/sku/"]
)
def test_F9_a_script_is_answered_401_with_the_strip_and_never_a_form(
    filled: None, client: Client, path: str, script: str
) -> None:
    answer = client.get(path, headers=SCRIPTS[script])

    assert (answer.status_code, SAID in text(answer)) == (401, True)
    assert "<form" not in answer.content.decode()
    assert "Location" not in answer


@pytest.mark.parametrize("headers", [{}, {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}])
def test_F9_a_link_that_is_followed_leads_to_signing_in(client: Client, headers: dict[str, str]) -> None:
    answer = client.get("/orders/?city=Pune", headers=headers)

    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=/orders/%3Fcity%3DPune")


def test_F9_the_strip_leads_back_to_the_page_that_asked(client: Client) -> None:
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/orders/?city=Pune"}

    answer = client.get("/orders/?city=Pune&from=1", headers=here)

    assert 'href="/login/?next=%2Forders%2F%3Fcity%3DPune"' in answer.content.decode()


def test_F9_a_page_asks_before_it_sends(asha: Client) -> None:
    page = asha.get("/register/")

    codes = [asha.post("/session/", headers={"X-CSRFToken": token}).status_code for token in (token_of(page), "x" * 64)]

    assert codes == [204, 403]


# --- forms ------------------------------------------------------------------------------------------------------------


def test_F9_a_form_is_answered_with_what_was_typed_and_changes_nothing(filled: None, client: Client) -> None:
    before = everything()

    answers = {name: client.post(path, {"why": "Said on the phone"}) for name, path in acting().items()}

    assert len(answers) >= 12
    assert {name for name, a in answers.items() if (a.status_code, SAID in text(a)) != (401, True)} == set()
    assert {name for name, a in answers.items() if "Said on the phone" not in text(a)} == set()
    assert of_ours(changed(before, everything())) == set()


@pytest.mark.parametrize("end", ["cookie", "row", "time", "account"])
def test_F9_however_the_session_ended(asha: Client, end: str) -> None:
    form = fields(asha.get("/register/"), "merchant_order_id") | {"merchant_order_id": "M7", "onemg_order_id": "PO7"}
    if end == "cookie":
        del asha.cookies["sessionid"]
    elif end == "row":
        Session.objects.all().delete()
    elif end == "time":
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    else:
        User.objects.update(is_active=False)

    answer = asha.post("/register/", form | {"payment_method": "COD"})

    assert (answer.status_code, SAID in text(answer), "M7" in text(answer)) == (401, True, True)
    assert not OrderGroup.objects.exists()


def test_F9_without_any_cookie_as_well(asha: Client) -> None:
    form = fields(asha.get("/register/"), "merchant_order_id") | {"merchant_order_id": "M7"}
    asha.cookies.clear()

    answer = asha.post("/register/", form)

    assert (answer.status_code, SAID in text(answer), "M7" in text(answer)) == (401, True, True)


def test_F9_a_file_cannot_be_kept_and_the_page_says_so(client: Client) -> None:
    answer = client.post("/register/csv/", {"file": SimpleUploadedFile("today.csv", b"secret")})

    assert "The file today.csv could not be kept; choose it again." in text(answer)
    assert "secret" not in text(answer)


@pytest.mark.parametrize("path", ["/admin/auth/user/add/", "/admin/password_change/"])
def test_F9_no_password_is_shown_again(client: Client, path: str) -> None:
    typed = {"username": "ravi", "password1": "hunter2hunter", "old_password": "hunter2hunter"}

    answer = client.post(path, typed)

    assert (answer.status_code, "ravi" in text(answer), "hunter2" in answer.content.decode()) == (401, True, False)


def test_F9_what_was_typed_is_text(client: Client) -> None:
    answer = client.post("/register/", {"merchant_order_id": "</textarea><script>alert(1)</script>"})

    assert "<script>alert" not in answer.content.decode()


# --- back again -------------------------------------------------------------------------------------------------------


def test_F9_signing_in_leads_back_from_wherever_a_form_was_sent(filled: None, staff: Staff) -> None:
    staff("Administrator")
    forms = acting()
    del forms["session"]  # no form, and it stands on every page

    strayed = {path: page for path in forms.values() if not path.startswith(page := back_from(path)) or page == "/"}

    assert strayed == {}


def back_from(path: str) -> str:
    """Where one is who sends a form there without a session, and then signs in."""
    browser = Client()
    (link,) = re.findall(r'href="(/login/[^"]*)"', browser.post(path).content.decode())
    answer = browser.post(html.unescape(link), {"username": "administrator", "password": PASSWORD}, follow=True)
    assert answer.status_code in (200, 404), path
    return str(answer.request["PATH_INFO"])


POST_ONLY = [
    ("/orders/M-PO1/reviewed/", "/orders/M-PO1/"),
    ("/orders/M-PO1/reviewed", "/orders/M-PO1/"),
    ("/orders/M-PO1/reviewed/?a=b", "/orders/M-PO1/"),
    ("/orders/M-PO1/%72eviewed/", "/orders/M-PO1/"),
    ("/orders/M-PO1/confirm/../reviewed/", "/orders/M-PO1/"),
    ("/orders/M-PO1/confirm/%2e%2e/reviewed/", "/orders/M-PO1/"),
    ("/orders\\M-PO1\\reviewed/", "/orders/M-PO1/"),
    ("http://testserver/orders/M-PO1/reviewed/", "/orders/M-PO1/"),
    ("/calls/7/settle/", "/calls/7/"),
    ("/calls/7/send-now/", "/calls/7/"),
    ("/calls/7/drop/", "/calls/7/"),
    ("/deliveries/7/apply-again/", "/deliveries/7/"),
    ("/update-status/", "/"),
    ("/session/", "/"),
    ("/logout/", "/"),
    ("/login/", "/"),
    ("/login/?next=/login/", "/"),
    ("/admin/login/", "/admin/"),
    ("/admin/logout/", "/admin/"),
    ("/api/orders/M-PO1/", "/"),
    ("/nothing/here/", "/"),
    ("/orders/M-PO1/confirm/", "/orders/M-PO1/confirm/"),
    ("/orders/?city=Pune&status=25", "/orders/?city=Pune&status=25"),
    ("/admin/orders/sku/?q=1", "/admin/orders/sku/?q=1"),
]


@pytest.mark.parametrize(("to", "page"), POST_ONLY)
@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_F9_signing_in_leads_to_a_page(client: Client, staff: Staff, door: str, to: str, page: str) -> None:
    staff("Administrator")

    answer = client.post(door, {"username": "administrator", "password": PASSWORD, "next": to})

    assert (answer.status_code, answer["Location"]) == (302, page)


@pytest.mark.parametrize(("to", "page"), POST_ONLY)
def test_F9_who_is_signed_in_goes_on_to_the_same_page(as_role: Callable[[str], Client], to: str, page: str) -> None:
    answer = as_role("Viewer").get(f"/login/?next={quote(to)}")

    assert (answer.status_code, answer["Location"]) == (302, page)


@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/orders/",
        "//evil.example/orders/",
        "/\\evil.example/",
        "///evil.example",
        "http:///evil.example",
    ],
)
def test_F9_and_never_to_another_host(client: Client, staff: Staff, door: str, to: str) -> None:
    staff("Administrator")

    answer = client.post(door, {"username": "administrator", "password": PASSWORD, "next": to})

    assert answer["Location"] == door.removesuffix("login/")


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
def test_F9_a_page_of_another_host_is_not_where_one_was(client: Client, header: str) -> None:
    answer = client.post("/register/", headers={header: "https://evil.example/orders/M1/"})

    assert 'href="/login/?next=%2Fregister%2F"' in answer.content.decode()


# --- forms of another session -----------------------------------------------------------------------------------------


def test_F9_a_form_from_before_a_new_sign_in_says_so_and_shows_what_was_typed(asha: Client) -> None:
    form = fields(asha.get("/register/"), "merchant_order_id") | {"merchant_order_id": "M7", "onemg_order_id": "PO7"}
    asha.post("/logout/", {"csrfmiddlewaretoken": form["csrfmiddlewaretoken"]})
    sign_in(asha)

    answer = asha.post("/register/", form | {"payment_method": "COD"}, headers={"Origin": "http://testserver"})

    assert answer.status_code == 403
    assert "You signed in again after this page was opened" in text(answer)
    assert ("Nothing was sent" in text(answer), "M7" in text(answer)) == (True, True)
    assert 'href="/register/"' in answer.content.decode()
    assert not OrderGroup.objects.exists()


def test_F9_what_another_site_sends_is_not_shown_as_hers(asha: Client) -> None:
    answer = asha.post("/register/", {"merchant_order_id": "M666"}, headers={"Origin": "https://evil.example"})

    assert (answer.status_code, "M666" in answer.content.decode()) == (403, False)


def test_F9_two_sign_in_tabs_the_second_goes_on(staff: Staff) -> None:
    staff("Operations")
    browser = Client(enforce_csrf_checks=True)
    second = sign_in_form(browser, "/register/")
    sign_in(browser)

    answer = browser.post("/login/", second)

    assert (answer.status_code, "You are signed in already" in text(answer)) == (403, True)
    assert ('href="/register/"' in answer.content.decode(), PASSWORD in answer.content.decode()) == (True, False)


def test_F9_a_sign_in_page_that_is_too_old_leads_to_a_new_one(staff: Staff) -> None:
    staff("Operations")
    browser = Client(enforce_csrf_checks=True)
    old = sign_in_form(browser, "/register/")
    browser.cookies.clear()

    answer = browser.post("/login/", old)

    assert (answer.status_code, "This sign-in page was too old" in text(answer)) == (403, True)
    assert 'href="/login/?next=%2Fregister%2F"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/orders/", "/api/docs/"])
def test_F9_the_api_is_answered_in_json(asha: Client, path: str) -> None:
    answer = asha.post(path, {"a": "b"})

    assert (answer.status_code in (401, 403), answer["Content-Type"]) == (True, "application/json")


# --- accounts that may not --------------------------------------------------------------------------------------------


def test_F9_somebody_without_a_role_is_told_so_and_can_sign_out(client: Client) -> None:
    User.objects.create_user("ravi", password=PASSWORD)

    answer = client.post("/login/", {"username": "ravi", "password": PASSWORD}, follow=True)

    assert answer.status_code == 403
    assert "Your account has no role yet" in text(answer)
    assert "Ask an administrator" in text(answer)
    assert 'action="/logout/"' in answer.content.decode()


def test_F9_a_role_that_does_not_open_a_page_is_named(as_role: Callable[[str], Client]) -> None:
    answer = as_role("Viewer").get("/register/", headers={"Referer": "http://testserver/orders/?city=Pune"})

    assert answer.status_code == 403
    assert "Your role (Viewer) does not open /register/." in text(answer)
    shown = answer.content.decode()
    assert ('href="/orders/?city=Pune"' in shown, 'action="/logout/"' in shown) == (True, True)


@pytest.mark.parametrize("path", ["/admin/", "/admin/orders/sku/"])
def test_F9_the_admin_says_so_too_and_does_not_ask_to_sign_in_again(
    as_role: Callable[[str], Client], path: str
) -> None:
    answer = as_role("Viewer").get(path)

    assert (answer.status_code, f"Your role (Viewer) does not open {path}." in text(answer)) == (403, True)


def test_F9_control_with_a_session_the_same_form_is_taken(asha: Client) -> None:
    form = fields(asha.get("/register/"))
    form |= {"merchant_order_id": "M1", "onemg_order_id": "PO1", "payment_method": "COD"}

    signed_in, signed_out = (
        asha.post("/register/", form),
        Client().post("/register/", form | {"merchant_order_id": "M2"}),
    )

    assert (signed_in.status_code, signed_out.status_code) == (302, 401)
    assert list(OrderGroup.objects.values_list("pk", flat=True)) == ["M1"]
