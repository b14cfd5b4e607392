"""The portal with the database options that Django gives by itself: the control of the tests of ours."""

from onemg_portal.settings import *  # noqa: F403
from onemg_portal.settings import DATABASES

DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
for ours in ("transaction_mode", "timeout", "init_command", "options", "connect_timeout", "answer_within"):
    DATABASES["default"]["OPTIONS"].pop(ours, None)
