"""What all orders at Nimbbl of a purchase come to, told to the purchase, so that days can be summed.

    tell(purchase_id)     after anything of it has changed; the caller holds the purchase
    tell_all(together)    all that were told nothing yet, so many in a transaction

Of one whose amount is not known the sum is not known either. The database adds up, for any number of purchases in one
statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Round

from orders import purchases
from orders.models import OrderGroup
from payments.choices import RefundState
from payments.models import Payment, Refund

#: Two places: SQLite adds up binary fractions, which are off by far less than a paisa.
_PLACES: Final = 2


def tell(purchase_id: str) -> None:
    """Write it on the purchase."""
    _tell([purchase_id])


def tell_all(together: int) -> None:
    """Tell each purchase that was told nothing of what is known; it may be stopped and begun again."""
    for keys in _untold(together):
        with transaction.atomic():
            list(OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").only("pk"))
            _tell(keys)


def _untold(together: int) -> Iterator[list[str]]:
    """The purchases, so many at a time."""
    captured = Q(captured_amount__isnull=False, group__all_captured_amount=None)
    paid_back = Q(refunded_amount__isnull=False, group__paid_back_amount=None)
    groups = Payment.objects.filter(captured | paid_back).order_by("group").values_list("group", flat=True).distinct()
    last = ""
    while keys := list(groups.filter(group__gt=last)[:together]):
        last = keys[-1]
        yield keys


def _tell(purchase_ids: Collection[str]) -> None:
    asked = Refund.objects.exclude(state=RefundState.DECLINED)
    purchases.put_money(
        purchase_ids,
        captured=_of_each(Payment.objects.all(), "captured_amount"),
        paid_back=_of_each(Payment.objects.all(), "refunded_amount"),
        asked=Coalesce(_of_each(asked, "amount"), Value(Decimal(0))),
    )


def _of_each(rows: QuerySet[Any], amount: str) -> Subquery:
    """The sum of a purchase's rows, null where there is none, or one is not known."""
    mine = rows.order_by().filter(group=OuterRef("pk")).values("group")
    known = When(all=F("known"), then=Round(Sum(amount), _PLACES))
    return Subquery(mine.annotate(all=Count("pk"), known=Count(amount)).annotate(sum=Case(known)).values("sum"))
