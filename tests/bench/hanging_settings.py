"""The portal with a thread for each confirmation that hangs; by itself a process carries eight, and the others wait."""

from onemg_portal.settings import *  # noqa: F403

PARTNER_CALL_THREADS = 50
