"""What we did or noted about a purchase: one row an act, with what it was and its parameters; words come when read.

record(act, ...)          write one act
made(act, ...)            one that is to be written; record_all(made): write several at once
reads(act, words)         say how an act reads; an app above registers its own when it starts
counts(act)               say that an act which comes several times in a row is one line with a count
text_of(row)              a row in words

act                       params
registered                by
looked_at                 covers (the keys of what was looked at, `orders.flags`)
flagged                   flag
noted                     text
tagged, untagged          tag
taken                     instead_of (whose it was, or nothing)
given_back
snoozed                   why, until (ISO 8601, or nothing: until 1mg speaks)
woken
asked_1mg                 clock, again (whether it had been asked before)
answered_by_1mg           text
not_asked
order_left                order, to (the purchase); no line: 1mg's own words tell it
stands                    standing, reason; no line: the call's own purchase tells it

Any act may have `standing`: how the confirmation of its purchase stands from then on, for its `reason` or what was
`said`. That is how a purchase is looked back at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from orders.asks import messages
from orders.choices import Confirmation, Flag, Kind, Source
from orders.models import Act

Params = Mapping[str, Any]
Words = Callable[[Params], str]

REGISTERED: Final = "registered"
LOOKED_AT: Final = "looked_at"
FLAGGED: Final = "flagged"
ORDER_LEFT: Final = "order_left"
STANDS: Final = "stands"
NOTED: Final = "noted"
TAGGED: Final = "tagged"
UNTAGGED: Final = "untagged"
TAKEN: Final = "taken"
GIVEN_BACK: Final = "given_back"
SNOOZED: Final = "snoozed"
WOKEN: Final = "woken"
ASKED_1MG: Final = "asked_1mg"
ANSWERED_BY_1MG: Final = "answered_by_1mg"
NOT_ASKED: Final = "not_asked"
#: Acts that are no line of the story.
NOT_TOLD: Final = frozenset({ORDER_LEFT, STANDS})
_COUNTED: Final[set[str]] = set()

_WORDS: Final[dict[str, Words]] = {
    REGISTERED: lambda params: _("Registered by %(by)s") % params,
    LOOKED_AT: lambda _params: _("Looked at and cleared"),
    FLAGGED: lambda params: str(Flag(params["flag"]).label),
    ORDER_LEFT: lambda params: _("1mg moved %(order)s to %(to)s") % params,
    NOTED: lambda params: _("Note: “%(text)s”") % params,
    TAGGED: lambda params: _("Tagged “%(tag)s”") % params,
    UNTAGGED: lambda params: _("Tag “%(tag)s” removed") % params,
    TAKEN: lambda params: _("Taken over from %(instead_of)s") % params if params["instead_of"] else _("Taken"),
    GIVEN_BACK: lambda _params: _("Given back"),
    SNOOZED: lambda params: _snoozed(params),
    WOKEN: lambda _params: _("No longer put off"),
    ASKED_1MG: lambda params: _asked(params),
    ANSWERED_BY_1MG: lambda params: _("1mg answered: “%(text)s”") % params,
    NOT_ASKED: lambda _params: _("1mg was not asked after all"),
    STANDS: lambda params: params["reason"] or str(Confirmation(params["standing"]).label),
}


def _asked(params: Params) -> str:
    words = {"about": messages.title(params["clock"])}
    return _("Asked 1mg again: %(about)s") % words if params["again"] else _("Asked 1mg: %(about)s") % words


def _snoozed(params: Params) -> str:
    if not params["until"]:
        return _("Put off until 1mg speaks: “%(why)s”") % params
    at = timezone.localtime(datetime.fromisoformat(params["until"])).strftime("%a %d %b %H:%M")
    return _("Put off until %(at)s: “%(why)s”") % {"at": at, "why": params["why"]}


def reads(act: str, words: Words) -> None:
    """Say how an act of an app above reads."""
    _WORDS[act] = words


def counts(act: str) -> None:
    """Say that an act of an app above is one line with a count, where it comes several times in a row."""
    _COUNTED.add(act)


def is_counted(act: str) -> bool:
    """Whether an act is one line with a count, where it comes several times in a row."""
    return act in _COUNTED


def record(act: str, **told: Any) -> None:
    """Write one act; `told`: as of `made`."""
    made(act, **told).save(force_insert=True)


def record_all(made: Iterable[Act]) -> None:
    """Write several, which were `made` before, in one transaction and the order given."""
    Act.objects.bulk_create(made)


def made(
    act: str,
    *,
    group_id: str,
    source: Source,
    kind: Kind,
    order_id: str | None = None,
    at: datetime | None = None,
    actor_id: int | None = None,
    call_id: int | None = None,
    **params: Any,
) -> Act:
    """An act that is to be written. `at`: when we did or learnt it, now unless given (UTC); `params`: what its words
    need, as JSON.

    Its words of today are kept beside it, for the code before, which reads nothing else.
    """
    at = at or timezone.now()
    return Act(
        act=act,
        params=params,
        text=_WORDS[act](params),
        group_id=group_id,
        order_id=order_id,
        at=at,
        received_at=at,
        source=source,
        kind=kind,
        actor_id=actor_id,
        call_id=call_id,
    )


def text_of(row: Act) -> str:
    """An act in words; one of the code before, or of an app that is gone, in those that were kept with it."""
    words = _WORDS.get(row.act)
    return words(row.params) if words else row.text
