"""A form as a browser reads it from a page and sends it back, untouched but for what somebody types."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class _Forms(HTMLParser):
    """The fields of every form of a page, by name, and the buttons."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.buttons: list[list[tuple[str, str]]] = []
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self.buttons.append([])
        elif tag == "input" and self.forms and told.get("name"):
            # A browser takes line breaks out of the value of a one-line field.
            self.forms[-1][told["name"]] = told.get("value", "").replace("\r", "").replace("\n", "")
        elif tag == "textarea" and self.forms:
            self._area = told["name"]
            self.forms[-1][self._area] = ""
        elif tag == "button" and self.forms:
            self.buttons[-1].append((told.get("name", ""), told.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":  # the line break that a textarea begins with is not part of it
            text = self.forms[-1][self._area].removeprefix("\r\n").removeprefix("\n")
            self.forms[-1][self._area] = text.replace("\r\n", "\n").replace("\n", "\r\n")
            self._area = ""


def fields(response: Any, having: str = "seen") -> dict[str, str]:
    """The fields of the form that has a field of that name, with their values."""
    page = _Forms()
    page.feed(response.content.decode())
    return next(form for form in page.forms if having in form)


def buttons(response: Any, having: str = "seen") -> list[tuple[str, str]]:
    """Its buttons, name and value, in the order in which Enter looks for one."""
    page = _Forms()
    page.feed(response.content.decode())
    return next(found for form, found in zip(page.forms, page.buttons, strict=True) if having in form)
