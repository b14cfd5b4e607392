"""The portal on Django's own backend, with PostgreSQL's limits and none of ours: for when the server is silent."""

from onemg_portal.settings import *  # noqa: F403
from onemg_portal.settings import DATABASES

DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
del DATABASES["default"]["OPTIONS"]["answer_within"]
