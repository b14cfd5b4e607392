"""What staff may change of an order at Nimbbl: the form, and the difference it makes.

The form begins with what Nimbbl has, and shows beside each field of the address what 1mg delivers to. Where Nimbbl has
never told its address, it begins with 1mg's. What Nimbbl has not told is *not known*: neither empty nor to be emptied.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from django import forms
from django.utils.translation import gettext_lazy as _

from payments.address import is_pin, one_line, pin
from payments.partners.nimbbl import UPDATABLE
from payments.partners.nimbbl_order import ADDRESS

#: Our own caps, in characters: Nimbbl's page names none.
MAX_ATTRIBUTES: Final = 15
MAX_TEXT: Final = 256
_MOST: Final = {**dict.fromkeys(ADDRESS, MAX_TEXT), "city": 100, "state": 100, "pincode": 10, "address_type": 50}
#: Name in the call -> field of the form.
_DEVICE: Final = {"ipAddress": "ip_address", "user_agent": "user_agent"}
#: What a button takes over all of.
ALL: Final = "all"


class Change(NamedTuple):
    """One line of the difference. `was`: what Nimbbl has, `None` where that is not known.

    `new`: what we would send; `None` for an attribute that is left out from now on, which Nimbbl may keep or forget.
    """

    label: str
    was: str | None
    new: str | None


class UpdateForm(forms.Form):
    """An address, a device and attributes, each optional. `changes()` is what goes into the call."""

    address_1 = forms.CharField(label=_("Address, first line"), required=False)
    street = forms.CharField(label=_("Street"), required=False)
    landmark = forms.CharField(label=_("Landmark"), required=False)
    area = forms.CharField(label=_("Area"), required=False)
    city = forms.CharField(label=_("City"), required=False)
    state = forms.CharField(label=_("State"), required=False)
    pincode = forms.CharField(label=_("PIN code"), required=False)
    address_type = forms.CharField(label=_("Kind of address"), required=False)
    ip_address = forms.GenericIPAddressField(label=_("Customer's IP address"), required=False)
    user_agent = forms.CharField(label=_("Customer's browser (user agent)"), max_length=512, required=False)
    attributes = forms.CharField(
        label=_("Attributes, one a line: name = value"),
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, known: Mapping[str, Any], **kwargs: Any) -> None:
        """`known`: what Nimbbl has, as far as we know; empty where it never told."""
        super().__init__(*args, **kwargs)
        self.known = {name: known[name] for name in UPDATABLE if known.get(name)}
        self.known_address: dict[str, str] = self.known.get("shipping_address", {})
        self.known_attributes: dict[str, str] = self.known.get("custom_attributes", {})

    def clean_attributes(self) -> dict[str, str]:
        """The attributes as pairs of text."""
        found: dict[str, str] = {}
        for line in filter(str.strip, self.cleaned_data["attributes"].splitlines()):
            name, equals, value = (one_line(part) for part in line.partition("="))
            if not equals or not name or len(name) > 64 or len(value) > MAX_TEXT or name in found:
                raise forms.ValidationError(_("Cannot be read, or stands twice: %(line)s"), params={"line": line[:80]})
            found[name] = self._attribute(name, value)
        if len(found) > MAX_ATTRIBUTES:
            raise forms.ValidationError(_("At most %(n)s attributes."), params={"n": MAX_ATTRIBUTES})
        return found

    def clean(self) -> dict[str, Any]:
        """What differs must be right, an address needs its first line, and something must differ."""
        data: dict[str, Any] = super().clean() or {}
        for name in ADDRESS:
            data[name] = self._field(name, data.get(name) or "")
        for name, field in _DEVICE.items():
            if not data.get(field) and field not in self.errors and _in_form(name, self.known.get(name)):
                self.add_error(field, _("Nimbbl's page names no way to take this back; it can only be replaced."))
        if any(data[name] for name in ADDRESS) or self.known_address:
            self._check_address(data)
        if not self.errors and not self.changes():
            raise forms.ValidationError(_("Nothing differs from what Nimbbl has."), code="unchanged")
        return data

    def changes(self) -> dict[str, Any]:
        """What differs from what Nimbbl has, as the call carries it. An address is sent whole or not at all."""
        data = self.cleaned_data
        found: dict[str, Any] = {}
        if self.differing():
            found["shipping_address"] = {
                name: data[name] for name in ADDRESS if data[name] or self.known_address.get(name)
            }
        for name, field in _DEVICE.items():
            typed = _in_form(name, data.get(field))
            if typed and typed != _in_form(name, self.known.get(name)):
                found[name] = typed
        if "attributes" in data and data["attributes"] != self.known_attributes:
            found["custom_attributes"] = data["attributes"]
        return found

    def differing(self) -> list[str]:
        """The fields of the address in which what was typed is not what Nimbbl has."""
        data = self.cleaned_data
        return [name for name in ADDRESS if data.get(name, "") != self.known_address.get(name, "")]

    def difference(self) -> list[Change]:
        """The difference, field by field; only where there is one."""
        changes, data = self.changes(), self.cleaned_data
        rows = [Change(self._label(name), self.known_address.get(name), data[name]) for name in self.differing()]
        rows += [
            Change(self._label(field), self.known.get(name), changes[name])
            for name, field in _DEVICE.items()
            if name in changes
        ]
        before = self.known_attributes
        after = changes.get("custom_attributes", before)
        rows += [Change(name, before.get(name), new) for name, new in after.items() if before.get(name) != new]
        return rows + [Change(name, was, None) for name, was in before.items() if name not in after]

    def whole_address(self) -> list[tuple[str, str, bool]]:
        """Label, value, and whether it differs, of the address as it is sent; empty where none is."""
        sent = self.changes().get("shipping_address", {})
        return [(self._label(name), value, name in self.differing()) for name, value in sent.items()]

    def _field(self, name: str, typed: str) -> str:
        """What a field of the address stands for: what Nimbbl has, to the letter, unless something else was typed."""
        plain = one_line(typed)
        plain = pin(plain) if name == "pincode" else plain
        has = self.known_address.get(name, "")
        return has if plain == _in_form(name, has) else plain

    def _attribute(self, name: str, typed: str) -> str:
        """The same of an attribute."""
        has = self.known_attributes.get(name, "")
        return has if typed == one_line(has) else typed

    def _check_address(self, data: Mapping[str, Any]) -> None:
        differing = {name: data[name] for name in self.differing()}
        for name, typed in differing.items():
            if len(typed) > _MOST[name]:
                words = _("At most %(most)s characters; this has %(has)s. Shorten it, nothing is cut by itself.")
                self.add_error(name, forms.ValidationError(words, params={"most": _MOST[name], "has": len(typed)}))
            elif name == "pincode" and typed and not is_pin(typed):
                self.add_error(name, _("A PIN code has six digits, and does not begin with 0."))
        if differing and not data.get("address_1") and not self.errors:
            self.add_error("address_1", _("An address needs its first line."))

    def _label(self, name: str) -> str:
        return str(self.fields[name].label)


@dataclass(frozen=True, slots=True)
class Beside:
    """A field of the form with what is said below it. `onemg`: what 1mg delivers to, empty where it says nothing.

    `takes`: taking 1mg's over would change the field. `no_text`: 1mg sent something there that is no text.
    """

    field: forms.BoundField
    of_address: bool
    is_known: bool
    onemg: str
    takes: bool
    no_text: bool
    too_long: int


def beside(form: UpdateForm, onemg: Mapping[str, str], no_text: Collection[str]) -> list[Beside]:
    """The form's fields, each with what 1mg has of it and whether Nimbbl has told it."""
    device = {field: name for name, field in _DEVICE.items()} | {"attributes": "custom_attributes"}
    found = []
    for field in form:
        name, shown = field.name, str(field.value() or "")
        of_address = name in ADDRESS
        is_known = name in form.known_address if of_address else device[name] in form.known
        theirs = onemg.get(name, "")
        too_long = len(shown) if of_address and len(shown) > _MOST[name] else 0
        takes = bool(theirs) and theirs != shown
        found.append(Beside(field, of_address, is_known, theirs, takes, name in no_text, too_long))
    return found


def initial(known: Mapping[str, Any], onemg: Mapping[str, str]) -> dict[str, Any]:
    """What the form begins with: what Nimbbl has, and 1mg's address where Nimbbl never told its own."""
    attributes = known.get("custom_attributes") or {}
    address = known.get("shipping_address")
    return {
        **({name: _in_form(name, address.get(name, "")) for name in ADDRESS} if address else onemg),
        **{field: _in_form(name, known.get(name)) for name, field in _DEVICE.items()},
        "attributes": "\n".join(f"{name} = {one_line(value)}" for name, value in attributes.items()),
    }


def taking(typed: Mapping[str, str], onemg: Mapping[str, str], what: str) -> dict[str, str]:
    """What was typed, with 1mg's address in one field (`what` is its name) or in all that 1mg tells."""
    taken = onemg if what == ALL else {name: onemg[name] for name in (what,) if name in onemg}
    return {**{name: typed.get(name, "") for name in UpdateForm.base_fields}, **taken}


def label_of(name: str) -> str:
    """What a name in the call is called on the form; an attribute has only its own."""
    field = UpdateForm.base_fields.get(_DEVICE.get(name, name))
    return str(field.label) if field else name


def version(known: Mapping[str, Any]) -> str:
    """A mark of what Nimbbl has, so that nobody decides on what is not so any more."""
    has = {name: known[name] for name in UPDATABLE if name in known}
    return hashlib.sha256(json.dumps(has, sort_keys=True).encode()).hexdigest()[:16]


def _in_form(name: str, value: Any) -> str:
    """A value that Nimbbl has, as a field of the form shows it."""
    if name != "ipAddress":
        shown = one_line(value)
        return pin(shown) if name == "pincode" else shown
    try:
        return str(ipaddress.ip_address(value)) if value else ""
    except ValueError:
        return ""
