"""The bare server that the receiver is measured against: the portal's database, and nothing around a view."""

from onemg_portal.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.staticfiles", "rest_framework", "onemg_portal", "tests.bench"]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare"
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
TEMPLATES: list[dict[str, object]] = []
