"""Searching as a person does: type into the box, be led to what is found."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

_TO = re.compile(r'<a class="go mono" href="/orders/([\w-]+)/"')


def search(browser: Client, typed: str) -> Any:
    """The page that the search box leads to."""
    answer = browser.post("/find/", {"q": typed})
    assert answer.status_code == 303, answer.content
    return browser.get(answer["Location"])


def hits(browser: Client, typed: str) -> list[str]:
    """The purchases that a search finds, in the order of the page."""
    page = search(browser, typed)
    path = page.request["PATH_INFO"]
    return [path.split("/")[2]] if path.startswith("/orders/") else _TO.findall(page.content.decode())
