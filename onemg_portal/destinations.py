"""Where a person may be led: to a page of ours that opens with GET, whatever address a browser named."""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import unquote, urlsplit

from django.urls import Resolver404, ResolverMatch, resolve
from django.utils.encoding import escape_uri_path

#: Addresses, by name, that are on the way to somewhere else.
_DOORS: Final = frozenset({"login", "logout"})
DESK: Final = "/"


def page_of(address: str) -> str:
    """The page that an address stands on, with its query: itself where it can be opened, else the one it acts on.

    Of the address only path and query count, so no other host is ever led to. `""` where nothing is named, the desk
    where it names nothing of ours.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if not parts.path:
        return ""
    named = _plain(parts.path)
    page = _open_at_or_above(named)
    query = f"?{parts.query}" if parts.query and page == named else ""
    return escape_uri_path(page) + query


def _plain(path: str) -> str:
    """The path as a browser will ask for it, and Django completes it: decoded, without dots, with its last slash."""
    decoded = unquote(path).replace("\\", "/")
    plain = posixpath.normpath("/" + decoded.lstrip("/"))
    whole = plain == DESK or (_match(plain) and not decoded.endswith("/"))
    return plain if whole else f"{plain}/"


def _open_at_or_above(path: str) -> str:
    """An action stands below the page that it is about, be there an address of its own between them or not."""
    if _match(path) is None:
        return DESK
    while path != DESK and not _opens(_match(path)):
        path = posixpath.join(posixpath.dirname(path.rstrip("/")), "")
    return path


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _opens(match: ResolverMatch | None) -> bool:
    """Whether it is a page: the staff's say which methods they take, and what is for programs is none."""
    if match is None or match.url_name in _DOORS:
        return False
    view = match.func
    if hasattr(view, "methods"):
        return "GET" in view.methods
    if hasattr(view, "cls"):  # the API's
        return False
    return not hasattr(view, "view_class") or hasattr(view.view_class, "get")
