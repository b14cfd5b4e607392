"""Make a key for one of the merchant's own systems."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from orders.models import ApiKey


class Command(BaseCommand):
    help = "Make an API key. It is printed once and kept only as a hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="whose key it is, for example: shop")
        parser.add_argument("--personal-data", action="store_true", help="may see names, phones and addresses in clear")
        parser.add_argument("--write", action="store_true", help="may register purchases")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["name"].strip() or len(options["name"]) > 100 or not options["name"].isprintable():
            raise CommandError("A name has 1 to 100 letters, digits or signs.")
        if ApiKey.objects.filter(name=options["name"]).exists():
            raise CommandError(
                f"There is a key named {options['name']!r} already. Revoke it in the admin, or choose another."
            )
        _key, secret = ApiKey.issue(
            options["name"], may_see_personal_data=options["personal_data"], may_write=options["write"]
        )
        self.stdout.write(secret)
        self.stderr.write("Keep it now: it is not shown again. Send it as `Authorization: Token <key>`.")
