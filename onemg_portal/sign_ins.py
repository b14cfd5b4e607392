"""How many passwords may be checked at a time. A check costs half a second of a processor, and asks for no account.

So in each process one sign-in is checked and one waits for its turn; browsers that have signed in before have a line of
their own, or whoever tries passwords without end would keep everybody out. All others, and an address that was wrong
too often in this minute, are answered 429 at once, before a session, a row or a password is looked at.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import translation

from onemg_portal import browsers, locks

#: The addresses, by name, that check or set a password when they are posted to.
DOORS: Final = frozenset({"login", "password_change", "auth_user_password_change", "auth_user_add"})
#: How long one waits for its turn, in seconds.
PATIENCE: Final = 2.0
#: Wrong sign-ins of one address, in each minute and process, after which it is not listened to.
WRONG_A_MINUTE: Final = 30
_REMEMBERED: Final = 10_000


class Line:
    """One at a time, one behind it, and nobody else."""

    def __init__(self) -> None:
        self._places, self._turn = threading.Semaphore(2), threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether it is our turn; it lasts as long as the block."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            ours = self._turn.acquire(timeout=PATIENCE)
            try:
                yield ours
            finally:
                if ours:
                    self._turn.release()
        finally:
            self._places.release()


#: Of the whole process, however many handlers it has.
KNOWN, OTHERS = Line(), Line()


class SignInMiddleware:
    """Stands before whatever checks a password."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.wrong: OrderedDict[tuple[str | None, int], int] = OrderedDict()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let pass, one after another."""
        if request.method in ("GET", "HEAD", "OPTIONS") or not _checks_passwords(request.path_info):
            return self.get_response(request)
        known = browsers.known_name(request) is not None
        whom = (locks.address_of(request), int(time.time()) // 60)
        if not known and self.wrong.get(whom, 0) >= WRONG_A_MINUTE:
            return _refusal(request, 60 - int(time.time()) % 60)
        with (KNOWN if known else OTHERS).turn() as ours:
            if not ours:
                return _refusal(request, 1)
            response = self.get_response(request)
        if response.status_code == 302 and request.user.is_authenticated:
            browsers.remember(response, request.user)
        else:
            self._count(whom)
        return response

    def _count(self, whom: tuple[str | None, int]) -> None:
        self.wrong[whom] = self.wrong.get(whom, 0) + 1
        while len(self.wrong) > _REMEMBERED:
            self.wrong.popitem(last=False)


def _checks_passwords(path: str) -> bool:
    try:
        return resolve(path).url_name in DOORS
    except Resolver404:
        return False


def _refusal(request: HttpRequest, seconds: int) -> HttpResponse:
    page = _page(translation.get_language_from_request(request))
    return HttpResponse(page, status=429, headers={"Retry-After": str(seconds)})


@cache
def _page(language: str) -> str:
    """The same for everybody who reads a language, made once: it is asked for by the thousand."""
    with translation.override(language):
        return render_to_string("busy.html")
