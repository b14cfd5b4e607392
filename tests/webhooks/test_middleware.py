"""The receiver's short way in: what does not run for it, and that it never answers anything but the agreed JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from rest_framework.views import APIView

from onemg_portal.wsgi import TrustedProxies
from orders.models import ApiKey
from tests.conftest import TOKEN, order_update
from tests.webhooks.answers import agreed, assert_nothing_kept, refused, turned_away
from webhooks.authentication import WebhookTokenAuthentication
from webhooks.models import Delivery
from webhooks.views import OrderUpdateView

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
AUTHORIZED = {"Authorization": f"Token {TOKEN}"}


@pytest.fixture
def logged_in(client: Client) -> Client:
    """The browser of somebody who may do everything."""
    client.force_login(User.objects.create_superuser("root", password="a long pass phrase"))
    return client


def test_no_session_is_read_or_written(logged_in: Client, post: Send) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = post(order_update())

    agreed(response, 200, "SUCCESS")
    assert [q["sql"] for q in queries if "django_session" in q["sql"] or "auth_user" in q["sql"]] == []


def test_the_answer_carries_nothing_for_browsers(post: Send) -> None:
    response = post(order_update(), headers={"Accept-Language": "hi", "Cookie": "sessionid=x; csrftoken=y"})

    assert sorted(response.headers) == ["Cache-Control", "Content-Length", "Content-Type"]


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "nonsense"])
def test_the_answer_is_json_whatever_is_asked_for(post: Send, accept: str) -> None:
    response = post(order_update(), path="/update-status/?format=api", headers={"Accept": accept})

    agreed(response, 200, "SUCCESS")


def test_no_csrf_token_is_asked_for() -> None:
    browser = Client(enforce_csrf_checks=True)

    response = browser.post("/update-status/", order_update(), content_type="application/json", headers=AUTHORIZED)

    agreed(response, 200, "SUCCESS")


@pytest.mark.parametrize("path", ["/update-status", "/update-status/"])
def test_a_bug_outside_of_the_view_is_503_in_json(
    post: Send, settings: Any, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    settings.ALLOWED_HOSTS = [7]  # fails in Django's own look at the host, before our view

    response = post(order_update(), path=path)

    refused(response, 503)
    assert response["Retry-After"] == "30"
    assert [record.name for record in caplog.records] == ["webhooks.doors", "django.request"]
    assert_nothing_kept()


def test_a_bug_shows_no_stack_even_while_debugging(post: Send, settings: Any) -> None:
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = [7]

    response = post(order_update())

    refused(response, 503)


def test_what_is_not_for_the_receiver_is_passed_on(client: Client) -> None:
    response = client.get("/healthz")

    assert response.json() == {"status": "ok"}


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("headers", [{}, AUTHORIZED], ids=["no token", "token"])
@pytest.mark.parametrize("path", ["/update-status", "/update-status/"])
def test_A11_another_method_is_405(client: Client, method: str, headers: dict[str, str], path: str) -> None:
    response = client.generic(method, path, b"{}", headers=headers)

    refused(response, 405)
    assert response["Allow"] == "POST"
    assert_nothing_kept()


def test_A11_head_is_405_without_a_body(client: Client) -> None:
    response = client.head("/update-status/")

    assert (response.status_code, response["Allow"], response.content) == (405, "POST", b"")


def test_A11_the_method_is_refused_before_the_token_is_looked_at(client: Client) -> None:
    response = client.get("/update-status/", headers={"Authorization": "Token wrong"})

    refused(response, 405)
    assert turned_away() == []


def test_A12_a_staff_session_is_no_token(logged_in: Client, post: Send) -> None:
    response = post(order_update(), token=None)

    refused(response, 401)
    assert_nothing_kept()


def test_A12_a_form_without_its_csrf_token_is_403(staff: Callable[[str], User]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff("Administrator"))
    delivery = Delivery.objects.create(body=b"{}", sha256="", token_fingerprint="")

    response = browser.post(f"/deliveries/{delivery.pk}/apply-again/")

    assert response.status_code == 403


def test_A12_only_views_for_keys_do_without_csrf_protection() -> None:
    exempt = [view for view in views_of(get_resolver().url_patterns) if getattr(view, "csrf_exempt", False)]

    # DRF's: each names who may call it, and its session authentication, where one is named, asks for the token itself.
    classes = {view.cls for view in exempt}

    assert OrderUpdateView in classes
    assert [c for c in classes if not issubclass(c, APIView)] == []
    assert OrderUpdateView.authentication_classes == (WebhookTokenAuthentication,)


def test_A13_the_webhook_token_opens_nothing_else(client: Client) -> None:
    found = {
        url: client.get(url, headers=AUTHORIZED) for url in ("/api/orders/", "/orders/", "/deliveries/", "/admin/")
    }

    assert found["/api/orders/"].status_code == 401
    told = {url: (r.status_code, r["Location"].partition("?")[0]) for url, r in found.items() if url != "/api/orders/"}
    assert told == {"/orders/": (302, "/login/"), "/deliveries/": (302, "/login/"), "/admin/": (302, "/admin/login/")}


def test_A13_the_webhook_token_writes_nothing_elsewhere(client: Client) -> None:
    response = client.post("/api/orders/", {"merchant_order_id": "M1"}, "application/json", headers=AUTHORIZED)

    assert response.status_code in (401, 405)


def test_A13_an_api_key_is_no_webhook_token(post: Send) -> None:
    _key, secret = ApiKey.issue("shop", may_write=True)

    response = post(order_update(), token=secret)

    refused(response, 401)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver:99999x", "", "a b", "\u0939"])
def test_A15_a_wrong_host_is_400(post: Send, host: str) -> None:
    response = post(order_update(), HTTP_HOST=host)

    refused(response, 400)
    assert_nothing_kept()


def test_A15_a_forwarded_host_is_not_believed(post: Send) -> None:
    response = post(order_update(), headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1"})

    agreed(response, 200, "SUCCESS")


@pytest.mark.django_db(
    transaction=True
)  # the real entry point closes the connection that a test's transaction lives on
def test_A15_forwarded_headers_of_a_stranger_are_not_believed(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES = ["10.0.0.5"]

    answer = wsgi([], REMOTE_ADDR="203.0.113.9", HTTP_X_FORWARDED_FOR="10.0.0.5", HTTP_X_FORWARDED_PROTO="https")

    assert answer == (403, "Use https.")


@pytest.mark.django_db(
    transaction=True
)  # the real entry point closes the connection that a test's transaction lives on
def test_A15_forwarded_headers_of_our_proxy_are_believed(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES = ["10.0.0.5"]

    answer = wsgi(["127.0.0.1"], HTTP_X_FORWARDED_FOR="10.0.0.5", HTTP_X_FORWARDED_PROTO="https")

    assert answer[0] == 200
    assert Delivery.objects.get().remote_address == "10.0.0.5"


def wsgi(trusted: list[str], **environ: Any) -> tuple[int, str]:
    """The code and message of one update that comes in as a server hands it to `onemg_portal.wsgi`."""
    body = json.dumps(order_update())
    request = RequestFactory(headers=AUTHORIZED).post("/update-status/", body, "application/json", **environ)
    started: list[str] = []
    application = TrustedProxies(get_wsgi_application(), trusted)
    answer = b"".join(application(request.environ, lambda status, headers: started.append(status)))
    return int(started[0].split()[0]), json.loads(answer)["message"]


def views_of(patterns: list[Any]) -> Iterator[Any]:
    """Every view under these URL patterns."""
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from views_of(pattern.url_patterns)
        else:
            yield pattern.callback
