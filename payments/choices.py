"""The closed lists of words of the calls that the portal makes. Pure."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Partner(models.TextChoices):
    """Whom we call."""

    ONEMG = "1mg", "1mg"
    NIMBBL = "nimbbl", "Nimbbl"


class Operation(models.TextChoices):
    """What we ask of them, where it may change something there."""

    CONFIRM = "confirm", _("Confirm order")
    UPDATE_ORDER = "update_order", _("Update order")


class State(models.TextChoices):
    """Where a call stands. `intended` and `sending` go on by themselves, `unknown` waits for evidence or a person."""

    INTENDED = "intended", _("Waiting to be sent")
    SENDING = "sending", _("Sending")
    SUCCEEDED = "succeeded", _("Succeeded")
    REJECTED = "rejected", _("Refused")
    UNKNOWN = "unknown", _("We don't know")
    ABANDONED = "abandoned", _("Given up")


#: While a confirmation is in one of these, no other may begin for its purchase.
LIVE: frozenset[str] = frozenset({State.INTENDED, State.SENDING, State.UNKNOWN, State.SUCCEEDED})
#: Nothing has come of the call yet.
UNDER_WAY: frozenset[str] = frozenset({State.INTENDED, State.SENDING})


class Proof(models.TextChoices):
    """What is known of who said an event. Only what is genuine may move money."""

    GENUINE = "genuine", _("Signed by Nimbbl")
    UNPROVED = "unproved", _("Not proved: no signature over what it says")
    ENCRYPTED = "encrypted", _("Not readable: encrypted")
    FORGED = "forged", _("Forged: its signature is wrong")


class Refusal(models.TextChoices):
    """What 1mg's published refusals ask of staff."""

    NOT_FOUND = "not_found", _("Compare the ids")
    NOT_MAPPED = "not_mapped", _("Look at the status")


class SettledBy(models.TextChoices):
    """What settled a call whose outcome nobody knew."""

    UPDATE = "update", _("an update of 1mg's")
    PERSON = "person", _("a person")
    RESEND = "resend", _("sending it again")


#: So many purchases are confirmed at once: more are not looked at any more.
MOST: Final = 25


class Verdict(models.TextChoices):
    """What one tick of the pre-flight found."""

    PASS = "pass", _("Pass")
    WARN = "warn", _("Warning")
    FAIL = "fail", _("Fail")
    UNKNOWN = "unknown", _("Not known")
