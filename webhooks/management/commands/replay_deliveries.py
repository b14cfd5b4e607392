"""Read and apply kept deliveries again."""

from argparse import ArgumentParser
from collections import Counter
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from webhooks import replay, services


class Command(BaseCommand):
    help = (
        "Read and apply kept deliveries again, in order of arrival. What was applied stays applied; what was "
        "quarantined or pending gets its chance. Selections narrow each other down; none means all."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--id", type=int, action="append", default=[], help="a delivery's number; may be repeated")
        parser.add_argument("--since", type=_moment, help="received at or after, ISO 8601 (India's time without zone)")
        parser.add_argument("--until", type=_moment, help="received before")
        parser.add_argument("--order", help="deliveries that said something new about this order_id")
        parser.add_argument("--quarantined", action="store_true", help="only those that were set aside")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = replay.select(
            ids=options["id"],
            since=options["since"],
            until=options["until"],
            order=options["order"],
            quarantined=options["quarantined"],
        )
        totals: Counter[str] = Counter()
        for pk in list(chosen.values_list("pk", flat=True)):
            # For good, each order is a transaction of its own: a large body does not keep others from writing.
            with transaction.atomic() if options["dry_run"] else nullcontext():
                delivery = chosen.model.objects.get(pk=pk)
                before, known = delivery.outcome, replay.brought_by(delivery)
                after = services.reprocess(delivery)
                told = replay.changes(replay.brought_by(delivery) - known) if options["dry_run"] else []
                if options["dry_run"]:
                    transaction.set_rollback(True)
            totals[f"{before} -> {after}" if before != after else f"{after}, unchanged"] += 1
            if before != after or options["verbosity"] > 1:
                self.stdout.write(f"delivery {pk}: {before} -> {after}")
                self.stdout.writelines(f"  {line}\n" for line in told)
        mode = "would be: " if options["dry_run"] else ""
        summary = ", ".join(f"{n} {what}" for what, n in sorted(totals.items())) or "no delivery matches"
        self.stdout.write(self.style.SUCCESS(mode + summary))


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text) or parse_datetime(f"{text}T00:00")
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"{text!r} is not a time like 2026-11-22 or 2026-11-22T14:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
