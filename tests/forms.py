"""A form as a browser sends it: every field that the page holds, with the value that stands in it.

press(browser, "/orders/M1/confirm/")                        opens the page and presses its button, untouched
press(browser, path, why="…", override=["paid"])             after typing and ticking that
fields(response.content.decode())                            what would be sent
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client

Fields = dict[str, list[str]]


class _Form(HTMLParser):
    """The fields of the first form that is sent by POST and lies inside the page's own part."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Fields = {}
        self.inside = self.main = self.done = False
        self.area: str | None = None
        self.select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.main |= tag == "main"
        if tag == "form" and self.main and given.get("method") == "post" and not self.done:
            self.inside = True
        if not self.inside or not (name := given.get("name") or (self.select if tag == "option" else None)):
            return
        if tag == "textarea":
            self.area, self.found[name] = name, [""]
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            self.found[name] = [given.get("value") or ""]
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio", "submit") or "checked" in given):
            self.found.setdefault(name, []).append(given.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self.area:
            self.found[self.area][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.found[self.area][0] = self.found[self.area][0].removeprefix("\n")
            self.area = None
        self.select = None if tag == "select" else self.select
        if tag == "form" and self.inside:
            self.inside, self.done = False, True


def fields(page: str) -> Fields:
    """What the page's form would send."""
    form = _Form()
    form.feed(page)
    return form.found


def press(browser: Client, path: str, **typed: Any) -> Any:
    """Open a page and send its form, with what was typed; the answer."""
    return browser.post(path, fields(browser.get(path).content.decode()) | typed)
