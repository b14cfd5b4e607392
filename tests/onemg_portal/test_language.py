"""One language, whole: a browser that prefers another one gets no page that is half in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

pytestmark = pytest.mark.django_db
#: What Django says of a field that was left out, in English and in Hindi.
REQUIRED, IN_HINDI = "This field is required.", "यह क्षेत्र अपेक्षित"
HINDI = {"Accept-Language": "hi"}


def page(as_role: Callable[[str], Client]) -> str:
    """A form sent empty by somebody whose browser prefers Hindi."""
    return as_role("Operations").post("/register/", {}, headers=HINDI).content.decode()


def test_a_page_is_in_english_whatever_the_browser_prefers(as_role: Callable[[str], Client]) -> None:
    shown = page(as_role)

    assert (REQUIRED in shown, IN_HINDI in shown) == (True, False)


def test_control_a_second_language_without_our_texts_would_mix_the_two(
    as_role: Callable[[str], Client], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())  # it looks at the settings once
    settings.USE_I18N = True
    settings.LANGUAGES = [("en", "English"), ("hi", "हिन्दी")]
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]

    shown = page(as_role)

    assert ("Register a purchase" in shown, IN_HINDI in shown) == (True, True)
