"""A form as a browser sends it: every field that the page holds, with the value that stands in it.

opened(browser, "/orders/M1/confirm/")               the page as it is when it has stopped looking again by itself
press(browser, "/orders/M1/confirm/")                opens the page and presses its button, untouched
press(browser, path, why="…", override=["paid"])     after typing and ticking that
fields(page), buttons(page)                          what would be sent, and by which buttons; of text or an answer
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client

Fields = dict[str, Any]
_CHOSEN = ("checkbox", "radio")


class _Forms(HTMLParser):
    """The forms of a page's own part: their fields, by name, and their buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = []
        self.buttons: list[list[tuple[str, str]]] = []
        self.main = False
        self.area = self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.main |= tag == "main"
        if tag == "form" and self.main:
            self.forms.append({})
            self.buttons.append([])
        elif self.forms and tag in ("button", "input", "textarea", "select", "option"):
            self._field(tag, given)

    def _field(self, tag: str, given: dict[str, str]) -> None:
        form, name = self.forms[-1], given.get("name", "")
        if tag == "button" or given.get("type") == "submit":
            self.buttons[-1].append((name, given.get("value", "")))
        elif tag == "textarea":
            self.area, form[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and "selected" in given:
            form[self.select] = given.get("value", "")
        elif name and (given.get("type") not in _CHOSEN or "checked" in given):
            # A browser takes line breaks out of the value of a one-line field.
            value = given.get("value", "").replace("\r", "").replace("\n", "")
            form[name] = [*form[name], value] if isinstance(form.get(name), list) else value
            if given.get("type") == "checkbox":
                form[name] = form[name] if isinstance(form[name], list) else [form[name]]

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1][self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:  # the line break that a textarea begins with is not part of it
            text = self.forms[-1][self.area].removeprefix("\r\n").removeprefix("\n")
            self.forms[-1][self.area] = text.replace("\r\n", "\n").replace("\n", "\r\n")
            self.area = ""


def _read(page: Any) -> _Forms:
    read = _Forms()
    read.feed(page if isinstance(page, str) else page.content.decode())
    return read


def fields(page: Any, having: str = "csrfmiddlewaretoken") -> Fields:
    """The fields of the first form that has a field of that name, with their values."""
    return next(form for form in _read(page).forms if having in form)


def buttons(page: Any, having: str = "csrfmiddlewaretoken") -> list[tuple[str, str]]:
    """Its buttons, name and value, in the order in which Enter looks for one."""
    read = _read(page)
    return next(found for form, found in zip(read.forms, read.buttons, strict=True) if having in form)


def opened(browser: Client, path: str) -> Any:
    """The answer to opening a page; one that waits for Nimbbl is opened again once the answer is there."""
    from payments import outbox

    page = browser.get(path)
    if b'id="checked"' in page.content and b'hx-trigger="every 1s"' in page.content:
        assert outbox.drain(30)
        return browser.get(path)
    return page


def press(browser: Client, path: str, **typed: Any) -> Any:
    """Open a page and send its form, with what was typed; the answer."""
    return browser.post(path, fields(opened(browser, path)) | typed)
