"""Signing in, and the question of an open page whether it may still act."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView, RedirectURLMixin
from django.http import HttpRequest, HttpResponse

from onemg_portal import destinations
from orders.access import ACT, staff_page


class ToAPage(RedirectURLMixin):
    """Goes on to the page of `next`: never to an address that only takes a form, never to another host."""

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return destinations.page_of(super().get_redirect_url())


class SignInView(ToAPage, LoginView):
    """Name and password; who is signed in already goes on to where they wanted."""

    template_name = "login.html"
    redirect_authenticated_user = True


class SignOutView(ToAPage, LogoutView):
    """The end of a session that somebody wants to end."""


@staff_page(methods=ACT)
def session(request: HttpRequest) -> HttpResponse:
    """Asked by a page before it sends a form: 204 where the form would be heard, and otherwise what to say instead.

    It does nothing, and is refused for the same reasons as the form: 401 without a session, 403 with the token of an
    earlier one.
    """
    return HttpResponse(status=204)
