"""The bare server that the receiver is measured against: the portal's database, and nothing around a view."""

from onemg_portal.settings import *  # noqa: F403
from onemg_portal.settings import INSTALLED_APPS as PORTAL

INSTALLED_APPS = [*PORTAL, "tests.bench"]  # what serves it knows them
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "tests.bench.bare"
SILENCED_SYSTEM_CHECKS = ["admin.E408", "admin.E409", "admin.E410", "axes.W002"]  # nobody signs in here
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
