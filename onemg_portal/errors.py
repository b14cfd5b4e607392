"""Answers to what no view answers: JSON below /api/, a page elsewhere; never a word about the cause."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """500; the log has the rest."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Something failed here. It has been logged."}, status=500)
    return defaults.server_error(request)
