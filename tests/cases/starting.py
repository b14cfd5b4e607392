"""Starting the portal in this process: its settings, read from an environment, and what `serve` would listen on."""

from __future__ import annotations

import os
import runpy
from argparse import Namespace
from types import SimpleNamespace
from typing import Any
from unittest import mock

from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.core.management import load_command_class
from django.test import override_settings

from onemg_portal import checks
from payments import checks as partners
from tests import server

#: What the checks look at.
CHECKED = (
    "ALLOWED_HOSTS",
    "DEBUG",
    "SECURE_SSL_REDIRECT",
    "CSRF_TRUSTED_ORIGINS",
    "PORTAL_ENVIRONMENT",
    "PARTNER_HOSTS",
)


def started(**variables: str) -> Any:
    """The settings, by name, with these variables beside good ones. Raises `ImproperlyConfigured`."""
    with _environment(variables):
        return SimpleNamespace(**runpy.run_path(str(server.ROOT / "onemg_portal" / "settings.py")))


def served(**variables: str) -> Namespace:
    """Where and how `serve` would serve. Raises `ImproperlyConfigured`."""
    with _environment(variables):
        return load_command_class("onemg_portal", "serve").create_parser("manage.py", "serve").parse_args([])


def refusal(**variables: str) -> str:
    """The sentences that stop a start, of settings, server and checks; empty where it starts."""
    try:
        found = started(**variables)
        served(**variables)
    except ImproperlyConfigured as error:
        return str(error)
    return "\n".join(f"{one.msg} {one.hint}" for one in checked(found) if one.is_serious())


def checked(found: Any) -> list[CheckMessage]:
    """What the checks say of these settings."""
    names = [name for name in vars(found) if name.startswith(("ONEMG_", "NIMBBL_")) or name in CHECKED]
    with override_settings(**{name: getattr(found, name) for name in names}):
        return [*checks.hosts(), *partners.partners()]


def _environment(variables: dict[str, str]) -> Any:
    return mock.patch.dict(os.environ, server.environment("sqlite:///:memory:") | variables, clear=True)
