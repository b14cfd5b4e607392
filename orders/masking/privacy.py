"""Masking: what is shown of personal data to whoever may not see it. Pure.

Masked values keep just enough to recognise a caller by: the end of a phone, the first letter of a name. City and PIN
stay, since staff plan by them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from orders.choices import PaymentMethod
from orders.masking import personal
from orders.masking.personal import DOTS as DOTS
from orders.masking.personal import Personal
from orders.words import graphemes

#: A mail address, whosever it is.
MAIL: Final = re.compile(r"[\w.+%-]{1,64}@[\w.-]+")
#: Ten digits or more, in groups or not. No date, and not the end of an id: `PO29523371880004`, `o_x-230920135309`.
#: An underscore beside it makes no id of it: `_98765 43210_` is how some writers underline.
PHONE: Final = re.compile(r"(?<![^\W_])(?<![^\W_]-)(?!\d{4}-\d\d-\d\d(?!\d))\+?\(?\d(?:[ ()-]{0,2}\d){9,}(?![^\W_])")
#: What somebody else wrote, as our sentences quote it; to the end where it was cut off.
_QUOTED: Final = re.compile("(?<=“).*(?=”)|(?<=“)[^”]*$", re.DOTALL)
_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "master", "dr", "shri", "smt"})


def name(value: str) -> str:
    """`Mr USER1` -> `Mr U••••1`, `Asha Rao` -> `A••••o`; of a short name the first letter."""
    words = value.split()
    title = f"{words.pop(0)} " if len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES else ""
    rest = graphemes(" ".join(words))
    return f"{title}{rest[0]}{DOTS}{rest[-1] if len(rest) > 3 else ''}" if rest else ""


def short_name(value: str) -> str:
    """`Esha Patel` -> `Esha P.`, `Mr Dev Rao` -> `Mr Dev R.`: as lists show a name to who may see it."""
    words = value.split()
    given = 2 if words and words[0].rstrip(".").casefold() in _TITLES else 1
    initial = [f"{graphemes(last)[0]}." for last in words[given:][-1:]]
    return " ".join([*words[:given], *initial])


def phone(value: str) -> str:
    """`9876543210` -> `••••••3210`; of a short number nothing."""
    return f"{DOTS}••{value[-4:]}" if len(value) >= 8 else DOTS if value else ""


def email(value: str) -> str:
    """`asha@example.org` -> `a••••@e••••`."""
    user, at, host = value.partition("@")
    first, of_host = ("".join(graphemes(part)[:1]) for part in (user, host))
    return f"{first}{DOTS}@{of_host}{DOTS}" if at else DOTS if value else ""


def medicine(value: Any) -> str:
    """Nothing of it: what somebody takes says what they have."""
    return DOTS if value else ""


def method(value: Any) -> str:
    """How a purchase is paid, where it is one of 1mg's words for it: another one may be anything."""
    known = isinstance(value, str) and PaymentMethod.read(value)
    return value if known else DOTS if value else ""


def prescriptions(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Prescriptions with their state and without the document."""
    return [{**paper, "url": DOTS if paper.get("url") else ""} for paper in value]


def only_common_words(text: str, known: Personal) -> str:
    """What staff or a partner wrote, with only those of its words that tell nobody apart, and the purchase's ids."""
    return personal.only_common(text, known.ids)


def sentence(text: str, known: Personal) -> str:
    """Free text without people: neither those that are `known`, nor a mail address or a phone of anybody.

    Of what it quotes between “ and ” only words stay that tell nobody apart, since a partner, or one of the staff, may
    name people of whom we have never heard.
    """
    if not text:
        return text
    text = _QUOTED.sub(lambda quote: only_common_words(quote[0], known), text)
    text = MAIL.sub(DOTS, known.hide(text, personal.MOST))
    return PHONE.sub(lambda number: number[0] if number[0] in known.ids else DOTS, text)
