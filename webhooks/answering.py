"""How a door answers: JSON with its length, which nobody on the way may keep."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse


def as_json(code: int, body: Mapping[str, Any]) -> HttpResponse:
    """The answer. What was true a moment ago of a payment must not be told again by a cache."""
    response = HttpResponse(json.dumps(body), content_type="application/json", status=code)
    response["Content-Length"] = str(len(response.content))
    response["Cache-Control"] = "no-store"
    return response
