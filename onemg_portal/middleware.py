"""What a browser may do with our pages, how it came to them, and probes, which come from no browser."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from onemg_portal import health


class ProbeMiddleware:
    """Answer probes before anything looks at the Host they name.

    An orchestrator asks a process by its address; told 400 it would restart the process for ever.
    """

    PROBES: Final = {"/healthz": health.healthz, "/readyz": health.readyz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        probe = self.PROBES.get(request.path_info)
        if probe is None:
            return self.get_response(request)
        answer = probe(request)
        answer["Content-Length"] = str(len(answer.content))  # as Django's own middleware below says it
        return answer


class SilentProxyMiddleware:
    """Take for https what a browser sends from an https page of this very host, where a proxy does not say so.

    One that ends TLS and sends no X-Forwarded-Proto is why `SECURE_SSL_REDIRECT` is switched off. To Django its forms
    come over http from a page of another origin, and are refused. Whoever lies about its own page gains nothing: no
    other site's page can.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        encrypted = origin.startswith("https://") and not settings.SECURE_SSL_REDIRECT
        if encrypted and origin == f"https://{request.get_host()}":
            request.META["HTTP_X_FORWARDED_PROTO"] = "https"
        return self.get_response(request)


class BrowserPolicyMiddleware:
    """Send `SECURE_CSP` (Django 6 does it itself) and keep pages that show patients' data out of caches."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", self.policy)
        if not request.path_info.startswith("/static/"):
            response.setdefault("Cache-Control", "no-store")
        return response
