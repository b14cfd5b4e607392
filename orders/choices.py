"""The closed lists of words that the records and the pages use. Pure."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.words import normal


class Stage(models.TextChoices):
    """Where in its life an order is; the coarse word for 1mg's twenty-odd codes."""

    INTAKE = "intake", _("Intake")
    PRESCRIPTION = "prescription", _("Prescription")
    FULFIL = "fulfil", _("Packing")
    SHIP = "ship", _("On the way")
    DONE = "done", _("Delivered")
    RETURN = "return", _("Returns")
    CANCEL = "cancel", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown")


class Tone(models.TextChoices):
    """The colour family of a chip; every tone has a shape beside it, never colour alone."""

    NEUTRAL = "neutral"
    INFO = "info"
    PROGRESS = "progress"
    ATTENTION = "attention"
    CRITICAL = "critical"
    SUCCESS = "success"
    REFUND = "refund"


class Shape(models.TextChoices):
    """The mark in a chip: what the state asks of the reader."""

    WAITING = "waiting"
    MOVING = "moving"
    DONE = "done"
    NEEDS_US = "needs-us"
    STOPPED = "stopped"


class Outcome(models.TextChoices):
    """What became of one update (or, for a delivery, of all it carried)."""

    APPLIED = "applied", _("Applied")
    STALE = "stale", _("Stale: older than what we know")
    DUPLICATE = "duplicate", _("Received again")
    QUARANTINED = "quarantined", _("Quarantined: a person or a code fix must look")


class Source(models.TextChoices):
    """Who said a line of the timeline."""

    ONEMG = "1mg", "1mg"
    NIMBBL = "nimbbl", "Nimbbl"
    PORTAL = "portal", _("Portal")
    PERSON = "person", _("Person")


class Kind(models.TextChoices):
    """What sort of line of the timeline it is."""

    STATUS = "status", _("Status")
    CHANGE = "change", _("Change")
    CALL = "call", _("Call")
    PAYMENT = "payment", _("Payment")
    REVIEW = "review", _("Review")
    NOTE = "note", _("Note")
    CARE = "care", _("Care")


class PaymentMethod(models.TextChoices):
    """1mg's own words for how a purchase is paid."""

    COD = "COD", "COD"
    ONLINE = "ONLINE", "ONLINE"

    @classmethod
    def read(cls, text: str) -> PaymentMethod | None:
        """The method that a text names, in any case and between blanks; `None` where it names another one."""
        return next((method for method in cls if normal(method) == normal(text)), None)


class Confirmation(models.TextChoices):
    """Where the merchant's confirmation of a purchase at 1mg stands, as far as this portal knows."""

    NOT_NEEDED = "not_needed", _("Not needed")
    NONE = "none", _("Not sent")
    IN_FLIGHT = "in_flight", _("On its way")
    CONFIRMED = "confirmed", _("Confirmed")
    REJECTED = "rejected", _("Refused")
    UNKNOWN = "unknown", _("Not known")


class Flag(models.TextChoices):
    """Something odd about an update that a person may want to know; it never stopped us from keeping it."""

    UNKNOWN_STATUS = "unknown_status", _("1mg sent a status that is not in its table")
    STATUS_MISSING = "status_missing", _("The update names no status")
    CLOCK_UNTRUSTED = "clock_untrusted", _("`updated` is missing or impossible; ordered by arrival")
    SAME_INSTANT = (
        "same_instant_conflict",
        _("Two different contents with the same time and status; the later arrival counts"),
    )
    LATE_CANCELLATION = "late_cancellation", _("1mg cancelled the order and names another status for a later time")
    LEFT_FINAL = "left_final", _("The order left a final status")
    PURCHASE_MOVED = "purchase_moved", _("1mg moved the order to another purchase")
    PURCHASE_SHARED = "purchase_shared", _("The merchant_order_id already belongs to another group of 1mg's")
    PURCHASE_ID_MISSING = "purchase_id_missing", _("No merchant_order_id; filed under 1mg's own id")
    LISTED_TWICE = "listed_twice", _("The order stands twice in one delivery")
    TWO_ENVELOPES = "two_envelopes", _("Both `result` and top-level grouped_orders; `result` counts")
    TEXT_REPAIRED = "text_repaired", _("Characters that no database keeps were replaced")
    AMOUNT_UNREADABLE = "amount_unreadable", _("An amount of money cannot be read")
    AMOUNT_NEGATIVE = "amount_negative", _("An amount is negative")
    REFUND_EXCEEDS = "refund_exceeds_collected", _("More refunded or due than was collected")
    QUANTITY_ODD = "quantity_odd", _("A quantity is not a positive whole number")
    TIME_UNREADABLE = "time_unreadable", _("A time cannot be read")
    ETA_REVERSED = "eta_reversed", _("The promised window ends before it starts")
    MODE_MISMATCH = "mode_mismatch", _("Status 180 is for COD orders, this one says another mode")
    WORD_UNKNOWN = "word_unknown", _("1mg uses a word that nobody has described")
    PART_UNREADABLE = "part_unreadable", _("A part of the update is not of the published shape")
    CANCELLED_MEANWHILE = "cancelled_meanwhile", _("1mg cancelled the order while it was being confirmed")


class Undecided(models.TextChoices):
    """Why a refund waits for a person of ours."""

    ASKED = "asked", _("1mg has asked for it")
    SECOND = "second", _("A second person is to approve it")
    FAILED = "failed", _("It was not paid back")


class OpenedFrom(models.TextChoices):
    """What led somebody to a purchase of which they had personal data shown."""

    NOW = "now", _("Now")
    SEARCH = "search", _("a search")
    LIST = "list", _("the list")
    QUEUE = "queue", _("a page of what waits")
    CALL = "call", _("to call")
    LINK = "link", _("a link")


#: Flags that keep an order marked until a person has looked; outgoing actions wait for that.
REVIEWED: frozenset[str] = frozenset(
    {
        Flag.LATE_CANCELLATION,
        Flag.LEFT_FINAL,
        Flag.PURCHASE_MOVED,
        Flag.PURCHASE_SHARED,
        Flag.PURCHASE_ID_MISSING,
        Flag.CANCELLED_MEANWHILE,
    }
)
#: Flags for which 1mg is answered PENDING: kept and shown, but not fully understood (docs/decisions/0005-answers.md).
UNDERSTOOD_IN_PART: frozenset[str] = frozenset(
    {
        Flag.UNKNOWN_STATUS,
        Flag.STATUS_MISSING,
        Flag.TWO_ENVELOPES,
        Flag.TEXT_REPAIRED,
        Flag.WORD_UNKNOWN,
        Flag.PART_UNREADABLE,
        Flag.AMOUNT_UNREADABLE,
    }
)
#: Flags that stand beside an order for as long as what they speak of is shown: a value is missing there, or is odd.
BESIDE_THE_ORDER: frozenset[str] = UNDERSTOOD_IN_PART | {
    Flag.AMOUNT_NEGATIVE,
    Flag.REFUND_EXCEEDS,
    Flag.QUANTITY_ODD,
    Flag.TIME_UNREADABLE,
    Flag.ETA_REVERSED,
}
