"""What 1mg posted, and who was turned away at any door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from webhooks.strict_json import PROBLEMS

if TYPE_CHECKING:
    from datetime import datetime


class Outcome(models.TextChoices):
    """What became of a delivery as a whole."""

    PENDING = "pending", _("Pending: kept, not applied yet")
    APPLIED = "applied", _("Applied")
    STALE = "stale", _("Stale: older than what we know")
    DUPLICATE = "duplicate", _("Received again")
    QUARANTINED = "quarantined", _("Quarantined")
    REFUSED = "refused", _("Refused: not JSON we can read")


class Source(models.TextChoices):
    """By which way the bytes of a delivery came."""

    WEBHOOK = "webhook", _("1mg posted it")
    TRACK = "track", _("1mg answered it when we asked")


#: Results that a list or a page shows of one delivery, whose body may have a thousand orders.
SHOWN: Final = 20


#: How an answer names the delivery.
REFERENCE: Final = " Reference "


def referring(message: str, delivery_id: int) -> str:
    """The message with the reference that 1mg may name to us."""
    return f"{message}{REFERENCE}{delivery_id}."


class FirstResults(models.Func):
    """The first results of a delivery, cut off by the database, so that a list does not read all of all."""

    arity = 1
    output_field = models.JSONField()
    template = f"jsonb_path_query_array(%(expressions)s, '$[0 to {SHOWN - 1}]')"
    few = f"SELECT value FROM json_each(%(expressions)s) LIMIT {SHOWN}"  # noqa: S608 - a number of ours
    sqlite = f"(SELECT json_group_array(json(value)) FROM ({few}))"  # noqa: S608

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """SQLite takes a list apart and puts it together again."""
        return self.as_sql(compiler, connection, template=self.sqlite)


class CountOfResults(models.Func):
    """How many results a delivery has."""

    arity = 1
    function = "jsonb_array_length"
    output_field = models.IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The same by SQLite's name."""
        return self.as_sql(compiler, connection, function="json_array_length")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """What is asked and done for every delivery."""

    def pending(self) -> DeliveryQuerySet:
        """Committed, and not yet settled."""
        return self.filter(outcome=Outcome.PENDING)

    def for_list(self) -> DeliveryQuerySet:
        """Without bodies, and with the first of `results` alone; `webhooks.results.fill` adds what rows tell."""
        few = self.defer("body", "results", "unknown_keys")
        return few.annotate(first_apart=FirstResults("results"), count_apart=CountOfResults("results"))

    def answered_pending(self) -> DeliveryQuerySet:
        """Of which 1mg was told that we have them and not that they are applied, whatever has come of them since."""
        return self.filter(answer__status="PENDING")

    def refused_since(self, moment: datetime) -> DeliveryQuerySet:
        """Whose bytes were no JSON that we can read. 1mg sends them again, which does not mend them."""
        return self.filter(outcome=Outcome.REFUSED, received_at__gte=moment)

    def set_aside(self) -> DeliveryQuerySet:
        """Acknowledged, and given up for now: an error came again and again. Nothing else is quarantined unsettled."""
        return self.filter(outcome=Outcome.QUARANTINED, settled_at=None)


class Delivery(models.Model):
    """One authenticated POST, or one answer of 1mg's to being asked (`source`), kept as the exact bytes, never changed.

    Committed before 1mg is answered: with all that came of it (`webhooks.services.receive`), or alone and pending, and
    then settled once by `webhooks.applying.settle`. The id is the order of arrival.

    Of the updates that it was the first to bring, their own rows tell: there are `brought` of them, by `delivery_id`.
    `results` holds what no row tells: updates known already, and problems. Where `brought` is null, all is in it.

    What is pending is finished by whoever has claimed it (`webhooks.pending`): until `claimed_until` nobody else
    touches it. Its value also names the claim, since no two claims of a delivery end at the same instant. `failures`
    counts how often in a row `problem` stood in the way.
    """

    source = models.CharField(max_length=8, choices=Source.choices, default=Source.WEBHOOK, db_default=Source.WEBHOOK)
    received_at = models.DateTimeField(db_default=Now(), help_text=_("By the database's clock (UTC)."))
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(default=0, help_text=_("Bytes."))
    headers = models.JSONField(default=dict, help_text=_("Those that describe the body and the sender's software."))
    token_fingerprint = models.CharField(max_length=12, help_text=_("Which token was used; not the token."))
    remote_address = models.CharField(max_length=45, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.PENDING)
    problem = models.CharField(max_length=200, blank=True)
    results = models.JSONField(default=list)
    brought = models.PositiveIntegerField(null=True)
    unknown_keys = models.JSONField(default=list)
    answer_code = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    took_ms = models.PositiveIntegerField(null=True, help_text=_("Where it took longer than usual."))
    attempts = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(
        null=True, help_text=_("The claim of whoever finishes it (UTC), and its name.")
    )
    next_try_at = models.DateTimeField(null=True, help_text=_("Not to be tried again before (UTC)."))
    failures = models.PositiveSmallIntegerField(db_default=0, help_text=_("Tries in a row that met the same problem."))

    objects: ClassVar[models.Manager[Delivery]] = models.Manager.from_queryset(DeliveryQuerySet)()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        permissions = (("track_order", "May ask 1mg how a purchase stands there"),)
        indexes = (
            models.Index(fields=("outcome", "-id"), name="delivery_outcome_newest"),
            models.Index(fields=("received_at",), name="delivery_unsettled", condition=models.Q(outcome="pending")),
            models.Index(fields=("sha256",), name="delivery_same_bytes", condition=models.Q(outcome="applied")),
            models.Index(
                fields=("received_at",),
                name="delivery_set_aside",
                condition=models.Q(outcome="quarantined", settled_at=None),
            ),
            models.Index(fields=("received_at",), name="delivery_refused", condition=models.Q(outcome="refused")),
            models.Index(
                fields=("-id",), name="delivery_answered_pending", condition=models.Q(answer__status="PENDING")
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def problem_in_words(self) -> str:
        """What was wrong with bytes that are refused; of others the codes of what was."""
        return PROBLEMS.get(self.problem, self.problem)

    @property
    def answer_given(self) -> dict[str, str] | None:
        """What 1mg was answered. The reference is our id, so it is not kept a second time."""
        if self.answer is None:
            return None
        message: str = self.answer["message"]
        return {**self.answer, "message": message if REFERENCE in message else referring(message, self.pk)}


class RejectedAttempt(models.Model):
    """Posts turned away at the door, counted by minute, address and reason. Never their body or token."""

    minute = models.DateTimeField()
    remote_address = models.CharField(max_length=45, blank=True)
    reason = models.CharField(max_length=40)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ("-minute", "-id")
        constraints = (
            models.UniqueConstraint(fields=("minute", "remote_address", "reason"), name="rejections_counted_once"),
        )

    def __str__(self) -> str:
        return f"{self.reason} × {self.times}"
