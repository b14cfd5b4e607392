"""The OpenAPI document, and a page that shows it without any script or outside asset."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated

from orders.access import staff_page
from orders.authentication import ApiKeyAuthentication


class SchemaView(SpectacularAPIView):
    """The document itself, for staff and for holders of a key."""

    authentication_classes = (ApiKeyAuthentication, SessionAuthentication)
    permission_classes = (IsAuthenticated,)


@staff_page()
def docs(request: HttpRequest) -> HttpResponse:
    """The operations of the document, each with its parameters, answers and samples."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = [
        {"path": path, "method": method.upper(), "doc": operation, "answers": list(_answers(operation))}
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if not path.startswith("/api/schema")
    ]
    return render(request, "docs.html", {"schema": schema, "operations": operations})


def _answers(operation: dict[str, Any]) -> Any:
    """Each answer's code, meaning and samples."""
    for code, answer in operation.get("responses", {}).items():
        content = answer.get("content", {}).get("application/json", {})
        samples = [json.dumps(e["value"]) for e in content.get("examples", {}).values()]
        yield {"code": code, "meaning": answer.get("description", ""), "samples": samples}
