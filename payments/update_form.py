"""What staff may change of an order at Nimbbl: the form, and the difference it makes."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.nimbbl_order import ADDRESS

#: Our own caps: Nimbbl's page names none.
MAX_ATTRIBUTES: Final = 15
MAX_TEXT: Final = 256


class UpdateForm(forms.Form):
    """An address, a device and attributes, each optional. `changes()` is what goes into the call."""

    address_1 = forms.CharField(label=_("Address, first line"), max_length=MAX_TEXT, required=False)
    street = forms.CharField(label=_("Street"), max_length=MAX_TEXT, required=False)
    landmark = forms.CharField(label=_("Landmark"), max_length=MAX_TEXT, required=False)
    area = forms.CharField(label=_("Area"), max_length=MAX_TEXT, required=False)
    city = forms.CharField(label=_("City"), max_length=100, required=False)
    state = forms.CharField(label=_("State"), max_length=100, required=False)
    pincode = forms.RegexField(r"^[0-9A-Za-z -]{3,10}$", label=_("PIN code"), required=False)
    address_type = forms.CharField(label=_("Kind of address"), max_length=50, required=False)
    ip_address = forms.GenericIPAddressField(label=_("Customer's IP address"), required=False)
    user_agent = forms.CharField(label=_("Customer's browser (user agent)"), max_length=512, required=False)
    attributes = forms.CharField(
        label=_("Attributes, one a line: name = value"), max_length=10_000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, *args: Any, known: dict[str, Any], **kwargs: Any) -> None:
        """`known`: what Nimbbl has, as far as we know; empty where it never told."""
        super().__init__(*args, **kwargs)
        self.known = known

    def clean_attributes(self) -> dict[str, str]:
        """The attributes as pairs of text."""
        found: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["attributes"].splitlines()):
            name, equals, value = (part.strip() for part in line.partition("="))
            if not equals or not name or len(name) > 64 or len(value) > MAX_TEXT or name in found:
                raise forms.ValidationError(_("Cannot be read, or stands twice: %(line)s"), params={"line": line[:80]})
            found[name] = value
        if len(found) > MAX_ATTRIBUTES:
            raise forms.ValidationError(_("At most %(n)s attributes."), params={"n": MAX_ATTRIBUTES})
        return found

    def clean(self) -> dict[str, Any]:
        """An address needs its first line; and something must change."""
        data = super().clean() or {}
        asked = self._address(data)
        if any(asked.values()) and not asked["address_1"] and "address_1" not in self.errors:
            self.add_error("address_1", _("An address needs its first line."))
        if not self.errors and not self.changes():
            raise forms.ValidationError(_("Nothing differs from what Nimbbl has."), code="unchanged")
        return data

    def changes(self) -> dict[str, Any]:
        """What differs from what Nimbbl has, as the call carries it. An address is sent whole or not at all."""
        data, found = self.cleaned_data, {}
        asked = self._address(data)
        if any(asked.values()) and asked != self.known.get("shipping_address"):
            found["shipping_address"] = asked
        for name, field in (("ipAddress", "ip_address"), ("user_agent", "user_agent")):
            if data.get(field) and data[field] != self.known.get(name):
                found[name] = data[field]
        if data.get("attributes") and data["attributes"] != self.known.get("custom_attributes"):
            found["custom_attributes"] = data["attributes"]
        return found

    def difference(self) -> list[tuple[str, str, str]]:
        """Label, what Nimbbl has as far as we know, what we would send; only where they differ."""
        rows = []
        changes = self.changes()
        was = self.known.get("shipping_address") or {}
        for name in ADDRESS:
            new = changes.get("shipping_address", {}).get(name, was.get(name, ""))
            if new != was.get(name, ""):
                rows.append((str(self.fields[name].label), was.get(name, ""), new))
        for name, field in (("ipAddress", "ip_address"), ("user_agent", "user_agent")):
            if name in changes:
                rows.append((str(self.fields[field].label), self.known.get(name, ""), changes[name]))
        before = self.known.get("custom_attributes") or {}
        after = changes.get("custom_attributes", {})
        return rows + [(name, before.get(name, ""), new) for name, new in after.items() if before.get(name) != new]

    def _address(self, data: dict[str, Any]) -> dict[str, str]:
        return {name: (data.get(name) or "").strip() for name in ADDRESS}


def initial(known: dict[str, Any], from_onemg: dict[str, str]) -> dict[str, Any]:
    """What the form begins with: 1mg's address, where it has one, and what Nimbbl told last."""
    address = from_onemg if any(from_onemg.values()) else known.get("shipping_address") or {}
    attributes = known.get("custom_attributes") or {}
    return {
        **address,
        "ip_address": _ip(known.get("ipAddress")),
        "user_agent": known.get("user_agent", ""),
        "attributes": "\n".join(f"{name} = {value}" for name, value in attributes.items()),
    }


def version(known: dict[str, Any]) -> str:
    """A mark of what Nimbbl has, so that nobody decides on what is not so any more."""
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def _ip(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(value)) if value else ""
    except ValueError:
        return ""
