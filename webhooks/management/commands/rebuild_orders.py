"""Fold orders again from the bytes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.models import OrderGroup
from webhooks import replay


class Command(BaseCommand):
    help = "Fold purchases again from the bytes 1mg sent, and say where the result differs from what is shown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--compare", action="store_true", help="only say what differs; exit code 1 when anything does"
        )
        parser.add_argument("--order", help="only the purchase with this merchant_order_id")

    def handle(self, *args: Any, **options: Any) -> None:
        groups = OrderGroup.objects.order_by("pk")
        if options["order"]:
            groups = groups.filter(pk=options["order"])
        seen = differing = 0
        for group, different in replay.rebuild(groups, keep=not options["compare"]):
            seen += 1
            if different is None:
                self.stdout.write(f"{group.pk}: left as it is, since some of its deliveries can no longer be read")
            elif different:
                differing += 1
                self.stdout.write(f"{group.pk}: {', '.join(different)}")
        self.stdout.write(f"{seen} purchases folded, {differing} differ")
        if differing and options["compare"]:
            raise CommandError("What is shown is not what 1mg said.", returncode=1)
