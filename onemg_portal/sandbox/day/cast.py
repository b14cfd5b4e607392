"""The invented people, places and medicines of the sandbox. Nobody and nothing here exists. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Final

# The surnames mean "example", "sample", "imagined", "test" and "artificial".
_FIRST: Final = ("Aarav", "Bina", "Chirag", "Divya", "Esha", "Farhan", "Gauri", "Harish", "Ila", "Jatin", "Kavya")
_LAST: Final = ("Udaharan", "Namuna", "Kalpanik", "Pariksha", "Kritrim")
#: Some write their name in Hindi. Latin -> Devanagari, with conjuncts and marks that stand before their letter.
_HINDI: Final = {
    "Bina": "बीना",
    "Divya": "दिव्या",
    "Esha": "ईशा",
    "Harish": "हरीश",
    "Udaharan": "उदाहरण",
    "Namuna": "नमूना",
    "Kalpanik": "काल्पनिक",
    "Pariksha": "परीक्षा",
    "Kritrim": "कृत्रिम",
}
_STREETS: Final = ("Namuna Marg", "Kalpana Road", "Udaharan Nagar", "Pariksha Layout")
#: City, state, the pincode of its main post office, latitude, longitude.
_CITIES: Final = (
    ("Bengaluru", "Karnataka", "560001", 12.9716, 77.5946),
    ("Pune", "Maharashtra", "411001", 18.5204, 73.8567),
    ("Jaipur", "Rajasthan", "302001", 26.9124, 75.7873),
    ("Kochi", "Kerala", "682001", 9.9312, 76.2673),
    ("Lucknow", "Uttar Pradesh", "226001", 26.8467, 80.9462),
    ("Guwahati", "Assam", "781001", 26.1445, 91.7362),
)
PHARMACIES: Final = ("Namuna Medicals", "Kalpana Pharma House", "Udaharan Chemists")
COURIERS: Final = ("GarudaParcelCP", "HansaExpressCP")


@dataclass(frozen=True, slots=True)
class Medicine:
    """Something to buy. `price` and `mrp` in rupees, whole ones as `int` as 1mg prints them."""

    sku_id: str
    name: str
    pack: str
    price: float
    mrp: float


MEDICINES: Final = (
    Medicine("900101", "Namunacet 500 Tablet", "strip of 15 tablets", 15.19, 18.4),
    Medicine("900102", "Kalpavit C Chewable Tablet", "strip of 10 tablets", 30.84, 34.05),
    Medicine("900103", "Udharil Cough Syrup", "bottle of 100 ml Syrup", 109, 121),
    Medicine("900104", "Parikshol Gel", "tube of 30 gm Gel", 181, 203.7),
    Medicine("900105", "Kritrima 10 Capsule", "strip of 10 capsules", 84.6, 97.35),
    Medicine("900106", "Namunaderm Lotion", "bottle of 100 ml Lotion", 326, 347),
    Medicine("900107", "Kalpanil XR 25 Tablet", "strip of 7 tablets", 61.27, 72.1),
)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer: `user` and `delivery_address` as 1mg prints them, and the name."""

    name: str
    user: dict[str, Any]
    address: dict[str, Any]


def person(dice: random.Random, number: int) -> Person:
    """The customer of the day's purchase `number`, counted from 1."""
    first, last = dice.choice(_FIRST), dice.choice(_LAST)
    name = f"{_HINDI[first]} {_HINDI[last]}" if first in _HINDI else f"{first} {last}"
    city, state, pincode, latitude, longitude = dice.choice(_CITIES)
    phone = str(9_000_000_000 + number)
    address = {
        "address_type": dice.choice(("home", "office")),
        "city": city,
        "contact_number": phone,
        "country": "INDIA",
        "landmark": "",
        "latitude": latitude,
        "locality": None,
        "locality2": None,
        "longitude": longitude,
        "name": name,
        "pincode": pincode,
        "state": state,
        "street1": f"{dice.randint(1, 99)}",
        "street2": dice.choice(_STREETS),
    }
    email = f"{first}.{last}.{number}@example.org".lower()
    return Person(name, {"email": email, "contact_number": phone}, address)
