"""A real browser: Debian's Chromium, driven over its own protocol. Skipped, saying so, where it is not installed."""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect, sync_playwright

from tests import plugin
from tests.browser import hard_portal
from tests.payments.conftest import key_pair as key_pair  # noqa: PLC0414 - fixtures of the tests of acting
from tests.payments.conftest import partners as partners  # noqa: PLC0414

#: First the build without a screen: it shows the same pages for half the processor's time.
BUILDS = ("chromium-headless-shell", "chromium", "chromium-browser")
CHROMIUM = next((path for build in BUILDS if (path := shutil.which(build))), None)
PASSWORD = "a long pass phrase"
#: Of a page whose test failed: requests, letters, and how long it may take to say what it shows.
LAST, MOST_SHOWN, PATIENCE_MS = 40, 20_000, 5_000
#: How a page is drawn does not depend on the database, and drawing all of them takes a minute.
drawn_once = pytest.mark.skipif(plugin.WANTED != "sqlite", reason="drawn on SQLite alone")
expect.set_options(timeout=30_000)  # a press starts the next page, it does not wait for it: what is read is waited for


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the whole run."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed; `make browser` installs Debian's where it may")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """A page of the portal; what the browser complains about is in `page.complaints`."""
    context = chromium.new_context(base_url=live_server.url, viewport={"width": 1400, "height": 900})
    found = context.new_page()
    found.complaints = []
    found.on("console", lambda m: found.complaints.append(m.text) if m.type == "error" else None)
    found.on("pageerror", lambda e: found.complaints.append(str(e)))
    found.traffic = deque(maxlen=LAST)
    found.on("requestfinished", lambda r: found.traffic.append(f"{r.method} {r.url}"))
    found.on("requestfailed", lambda r: found.traffic.append(f"{r.method} {r.url}: {r.failure}"))
    yield found
    context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """What the page showed goes with the report of a test that failed: it cannot be looked at again."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if page is not None and report.when == "call" and report.failed:
        report.sections += [
            ("Page", f"{page.url}\n{shown(page)}"),
            ("Page, what it asked last", "\n".join([*page.traffic, *page.complaints])),
        ]
    return report


def shown(page: Any) -> str:
    """The elements of a page, at most so many letters; or why there are none."""
    try:
        return str(page.locator("body").evaluate("(body) => body.outerHTML", timeout=PATIENCE_MS))[:MOST_SHOWN]
    except PlaywrightError as error:
        return f"It does not answer: {error}"


@pytest.fixture
def signed_in(page: Any, staff: Callable[[str], Any]) -> Callable[[str], Any]:
    """The page, signed in through the form with a role, at the list."""

    def sign_in(role: str) -> Any:
        user = staff(role)
        page.goto("/login/")
        page.fill("[name=username]", user.username)
        page.fill("[name=password]", PASSWORD)
        page.click("button")
        page.wait_for_url("/")
        page.goto("/orders/")
        return page

    return sign_in


@pytest.fixture
def hard(page: Any, post: Any, partners: Any) -> Any:
    """The page, signed in as an Administrator of a portal that is hard to lay out, at the list."""
    hard_portal.fill(post)
    user = hard_portal.administrator()
    page.goto("/login/")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url("/")
    page.goto("/orders/")
    return page
