"""The page *Money*, and the same as files."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterable, Iterator
from typing import Final

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from orders.access import staff_page
from orders.daybook import sheet, spans, sums
from orders.daybook.figures import WORDS
from orders.daybook.sheet import Row
from orders.daybook.spans import Span, SpanForm
from orders.models import OrderGroup

VIEW: Final = "orders.view_ordergroup"
log = logging.getLogger(__name__)


@staff_page(VIEW)
def money(request: HttpRequest) -> HttpResponse:
    """The days that were chosen; each figure leads to its purchases."""
    form = SpanForm(request.GET)
    span = form.cleaned_data["span"] if form.is_valid() else None
    is_shown = span is not None and span.days <= spans.SHOWN
    days = sums.of(span) if span and is_shown else []
    context = {
        "filters": {"form": form if span is None else SpanForm({"since": str(span.first), "until": str(span.last)})},
        "span": span,
        "is_shown": is_shown,
        "most": spans.SHOWN,
        "days": days,
        "total": sums.total(days, span) if span and days else None,
        "words": WORDS.values(),
        "offered": [(many, spans.latest(many)) for many in spans.OFFERED],
    }
    return render(request, "orders/daybook/money.html", context)


@staff_page(VIEW)
def days_csv(request: HttpRequest) -> HttpResponseBase:
    """The same as a table."""
    form = SpanForm(request.GET)
    if not form.is_valid():
        return _back(request)
    span: Span = form.cleaned_data["span"]
    days = (day for month in span.months() for day in sums.of(month))
    return _file(request, "money-days", span, sheet.of_days(days))


@staff_page(VIEW)
def purchases_csv(request: HttpRequest) -> HttpResponseBase:
    """Its purchases one by one, whose amounts the days are the sums of."""
    form = SpanForm(request.GET)
    if not form.is_valid():
        return _back(request)
    span: Span = form.cleaned_data["span"]
    groups = OrderGroup.objects.filter(first_seen_at__gte=span.begins, first_seen_at__lt=span.ends)
    rows = sheet.of_purchases(groups.order_by("first_seen_at", "merchant_order_id"))
    return _file(request, "money-purchases", span, rows)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _back(request: HttpRequest) -> HttpResponse:
    """To the page, which says what is wrong with what was asked."""
    return redirect(f"{reverse('orders:money')}?{request.GET.urlencode()}")


class _Line:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        """The line."""
        return line


def _file(request: HttpRequest, name: str, span: Span, rows: Iterable[Row]) -> StreamingHttpResponse:
    """A CSV file, a line at a time: ids and amounts alone, for whoever may see purchases. The log says who had it."""
    answer = StreamingHttpResponse(_lines(request, name, rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}-{span.first}-{span.last}.csv"'
    return answer


def _lines(request: HttpRequest, name: str, rows: Iterable[Row]) -> Iterator[str]:
    writer, many = csv.writer(_Line(), quoting=csv.QUOTE_ALL), -1
    for row in rows:
        many += 1
        yield writer.writerow(row)
    log.info("csv %s of %s lines, for user %s", name, many, request.user.pk)
