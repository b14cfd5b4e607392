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
    REFUND = "refund", _("Refund")
    CANCEL = "cancel", _("Cancel order")


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
#: The call may still act, or may have acted: while a refund's is in one of these, no other may begin for it.
UNDONE: frozenset[str] = UNDER_WAY | {State.UNKNOWN}


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
    TOO_LATE = "too_late", _("It is packed already")
    INVALID = "invalid", _("An administrator looks at our request")


class SettledBy(models.TextChoices):
    """What settled a call whose outcome nobody knew."""

    UPDATE = "update", _("an update of 1mg's")
    NIMBBL = "nimbbl", _("what Nimbbl said")
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


class Teller(models.TextChoices):
    """By which way Nimbbl said something of a payment."""

    WEBHOOK = "webhook", _("Nimbbl's webhook")
    ENQUIRY = "enquiry", _("Nimbbl, asked")
    UPDATE = "update", _("Nimbbl's answer to an update")
    REFUND = "refund", _("Nimbbl's answer to a refund")


class Way(models.TextChoices):
    """Which way the money of a transaction goes."""

    IN = "in", _("Payment")
    BACK = "back", _("Paid back")
    UNKNOWN = "unknown", _("Not known")


class RefundState(models.TextChoices):
    """Where a refund stands. From `sending` on it follows its call at Nimbbl and what Nimbbl says of it later."""

    WAITING = "waiting", _("Waits for a person")
    SECOND = "second", _("Waits for a second person")
    SENDING = "sending", _("On its way to Nimbbl")
    UNKNOWN = "unknown", _("We don't know")
    ACCEPTED = "accepted", _("Taken by Nimbbl")
    PAID = "paid", _("Paid back")
    FAILED = "failed", _("Not paid back")
    DECLINED = "declined", _("Declined")


#: A person is to say what becomes of the refund.
FOR_A_PERSON: frozenset[str] = frozenset({RefundState.WAITING, RefundState.SECOND, RefundState.FAILED})
#: The refund is being decided or carried out; no answer is final yet.
OPEN_REFUND: frozenset[str] = frozenset(
    {RefundState.WAITING, RefundState.SECOND, RefundState.SENDING, RefundState.UNKNOWN, RefundState.ACCEPTED}
)
#: Nimbbl may have paid it, or be about to.
MAY_BE_AT_NIMBBL: frozenset[str] = frozenset(
    {RefundState.SENDING, RefundState.UNKNOWN, RefundState.ACCEPTED, RefundState.PAID}
)
#: Its money is spoken for: no other refund may have it.
CLAIMING: frozenset[str] = OPEN_REFUND | {RefundState.PAID}


class Asker(models.TextChoices):
    """Who asked for a refund."""

    ONEMG = "1mg", "1mg"
    PERSON = "person", _("a person")


class Judged(models.TextChoices):
    """What a request of 1mg's is, beside the refunds that stand."""

    NEW = "new", _("A new refund")
    SAME = "same", _("Asked for before")
    HELD = "held", _("A person decides")
    TOO_MUCH = "too_much", _("More than there is")
    REPLAY = "replay", _("The same request again")
    CLASH = "clash", _("Another request by the same unique id")
    UNKNOWN = "unknown", _("About a purchase that nobody knows")
    UNREADABLE = "unreadable", _("Not readable")


#: A request that stands for a refund: its unique id tells which.
BOUND: frozenset[str] = frozenset({Judged.NEW, Judged.SAME, Judged.HELD})


class Hold(models.TextChoices):
    """Why a person decides about a request of 1mg's, whatever the policy."""

    SECOND_CHILD = "second_child", _("The same amount was asked for before, and a second order came to its end")
    LONG_AGO = "long_ago", _("The same amount was paid back before, too long ago for this to be the same request")
    OTHER_PART = "other_part", _("The same amount was asked for before under another id of this purchase")
    MONEY_UNKNOWN = "money_unknown", _("What was captured for it, less what went back, is not known")
    ELSEWHERE = "elsewhere", _("The purchase is not known to belong to this environment")
