"""Who may open a page of the staff's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib.auth.decorators import login_required, permission_required
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]

#: Shows something, and changes nothing.
READ: Final = ("GET", "HEAD")
#: Shows a form, and takes it.
FORM: Final = (*READ, "POST")
#: Does something, and shows where it led.
ACT: Final = ("POST",)


def staff_page(*permissions: str, methods: tuple[str, ...] = READ) -> Callable[[View], View]:
    """A page for who has signed in and has all of the permissions: 405, the way to sign in, and 403 for others.

    Its `methods` stay readable: nobody may be led to a page that does not take GET.
    """

    def decorate(view: View) -> View:
        allowed = permission_required(permissions, raise_exception=True)(view)
        page: Any = require_http_methods(methods)(login_required(allowed))
        page.methods = methods
        return cast(View, page)

    return decorate
