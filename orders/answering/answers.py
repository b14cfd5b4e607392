"""What to say to a caller about a purchase: a sentence or two, in English and in Hindi, from facts alone. Pure.

    answer(facts, now)    Both("1mg is packing your order; 1mg promised it by Sat 28 Nov, 11:00 am. …", "…")

It says where the order is, when 1mg promised it, whether anybody needs something from the customer, and what comes
next; the words are in `orders.answering.answer_words`. What 1mg has not said is not said here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from orders import prescriptions
from orders.answering import answer_words as words
from orders.answering import spoken
from orders.answering.answer_words import TEMPLATES
from orders.answering.bilingual import NO_WORDS, STOP, Both, filled, joined, sentences
from orders.choices import Stage
from orders.masking import personal
from orders.money import Amount
from orders.prescriptions import IN_PROGRESS, OTHER, Papers
from orders.rupees import with_sign
from orders.statuses import status_of
from orders.words import normal


@dataclass(frozen=True, slots=True)
class Part:
    """One order of the purchase. `since`: when its status began by 1mg's clock; `tried`: failed deliveries of it."""

    status_id: int | None
    eta_from: datetime | None = None
    eta_to: datetime | None = None
    since: datetime | None = None
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the purchase. Amounts: as 1mg says them. `unconfirmed`: 1mg waits for our confirmation.

    `alike`: so many hours 9 of 10 orders took that were where its only order is; `None` where that is not known.
    """

    parts: tuple[Part, ...] = ()
    papers: Papers = ()
    unconfirmed: bool = False
    refund_due: Amount | None = None
    paid_back: Amount | None = None
    collected: Amount | None = None
    alike: int | None = None


#: Situations in which our confirmation is what 1mg waits for first.
_WAITS_FOR_US: Final = frozenset({"silent", "placed", "checking", "reading", "payment"})
#: While an order is in one of these, a rejected prescription is about it.
_NOT_PACKED: Final = frozenset({Stage.INTAKE, Stage.PRESCRIPTION, Stage.UNKNOWN})
#: So many days are said in hours.
_DAYS_IN_HOURS: Final = 3
#: A reason that is longer is no reason to read out.
_REASON_LETTERS: Final = 80


def answer(facts: Facts, now: datetime) -> Both:
    """The answer. `now`: whether a promise has passed is as of then."""
    found = [(_situation(part, facts), part) for part in facts.parts] or [("silent", Part(None))]
    first = _whole(*found[0], facts, now) if len(found) == 1 else _in_parts(found, now)
    second = _then(min((name for name, _part in found), key=list(TEMPLATES).index), facts)
    return sentences(first, *second, *_alike(facts, now))


def _situation(part: Part, facts: Facts) -> str:
    """The name of the template for an order."""
    undecided = {IN_PROGRESS, OTHER} & {*prescriptions.words(facts.papers)}
    rejected = prescriptions.rejection_stands(facts.papers, [part.status_id])
    if rejected and status_of(part.status_id).stage in _NOT_PACKED:
        return "rejected_undecided" if undecided else "rejected"
    name = words.OF_STATUS.get(part.status_id or 0, "unknown")
    return "rx_undecided" if name == "rx" and undecided else name


# --- where it is ------------------------------------------------------------------------------------------------------


def _whole(name: str, part: Part, facts: Facts, now: datetime) -> Both:
    """The first sentence about the only order of a purchase."""
    template = TEMPLATES[name]
    on = filled(words.DELIVERED_ON, time=spoken.when(part.since, now)) if part.since else NO_WORDS
    tried = filled(words.TRIED, n=part.tried) if part.tried > 1 else NO_WORDS
    said = filled(template.whole, why=_why(facts.papers), on=on, tried=tried)
    return joined(said, _promise(part, now) if template.arrives else NO_WORDS, STOP)


def _promise(part: Part, now: datetime) -> Both:
    """What 1mg has promised, as the end of a sentence."""
    time = _window(part, now)
    if time is None:
        return words.NOT_PROMISED
    return filled(words.PASSED if _has_passed(part, now) else words.PROMISED, time=time)


def _window(part: Part, now: datetime) -> Both | None:
    """When 1mg promised it: a beginning that is over is not told."""
    if part.eta_to is None:
        return spoken.since(part.eta_from, now) if part.eta_from else None
    if part.eta_from and now < part.eta_from < part.eta_to:
        return spoken.between(part.eta_from, part.eta_to, now)
    return spoken.by(part.eta_to, now)


def _has_passed(part: Part, now: datetime) -> bool:
    return part.eta_to is not None and part.eta_to < now


def _in_parts(found: list[tuple[str, Part]], now: datetime) -> Both:
    """The first sentence about several orders: those that go furthest come first, those that are alike are counted."""
    alike: dict[tuple[str, Both], list[Part]] = defaultdict(list)
    for name, part in found:
        alike[name, _part_promise(name, part, now)].append(part)
    furthest = sorted(alike.items(), key=lambda one: -list(TEMPLATES).index(one[0][0]))
    told: list[Both] = []
    for (name, promise), parts in furthest:
        count = Both(str(len(parts)), str(len(parts)))
        count = count if told else filled(words.OF_ALL, n=count, all=len(found))
        told.append(_part(name, promise, parts, count, now))
    listed = Both("; ".join(one.english for one in told), "; ".join(one.hindi for one in told))
    return filled(words.IN_PARTS, n=len(found), parts=listed)


def _part_promise(name: str, part: Part, now: datetime) -> Both:
    """The words for how the promise of one of several orders stands; its time is filled in later."""
    if not TEMPLATES[name].arrives:
        return NO_WORDS
    if part.eta_to is None:
        return words.PART_NOT_PROMISED
    return words.PART_PASSED if _has_passed(part, now) else words.PART_PROMISED


def _part(name: str, promise: Both, parts: list[Part], count: Both, now: datetime) -> Both:
    """So many orders alike, with the latest time that 1mg promised for one of them."""
    latest = max((part.eta_to for part in parts if part.eta_to), default=now)
    return joined(filled(TEMPLATES[name].part, n=count), filled(promise, time=spoken.by(latest, now)))


# --- why --------------------------------------------------------------------------------------------------------------


def _why(papers: Papers) -> Both:
    """Why 1mg rejected a prescription, in the customer's words; another reason is quoted, if it can name nobody."""
    rejected = [paper for paper in papers if prescriptions.word(paper.get("status")) == prescriptions.REJECTED]
    reason = str(next((paper["reason"] for paper in reversed(rejected) if paper.get("reason")), "")).strip()
    if known := words.REASONS.get(normal(reason)):
        return known
    if not reason or len(reason) > _REASON_LETTERS or personal.only_common(reason) != reason:
        return NO_WORDS
    return filled(words.QUOTED, reason=reason)


# --- what comes next --------------------------------------------------------------------------------------------------


def _then(name: str, facts: Facts) -> list[Both]:
    """What is needed and what comes next, for the situation that decides; and the money, where 1mg speaks of it."""
    if facts.unconfirmed and name in _WAITS_FOR_US:
        return [words.OURS_TO_CONFIRM]
    then = TEMPLATES[name].then
    if then is None:
        return [_money(facts)]
    return [then, _money(facts)] if _some(facts.refund_due) or _some(facts.paid_back) else [then]


def _money(facts: Facts) -> Both:
    """What 1mg says of the money, and no more."""
    due, paid, collected = facts.refund_due, facts.paid_back, facts.collected
    if (due and due.unknown) or (paid and paid.unknown):
        return words.REFUND_UNCLEAR
    amounts = {"due": _rupees(due), "paid": _rupees(paid), "collected": _rupees(collected)}
    if _some(due):
        return filled(words.DUE_IN_PART if _some(paid) else words.DUE, **amounts)
    if _some(paid):
        return filled(words.PAID_BACK, **amounts)
    if collected is None or collected.unknown:
        return words.MONEY_NOT_SAID
    return words.NOTHING_COLLECTED if collected.zero else filled(words.COLLECTED, **amounts)


def _some(amount: Amount | None) -> bool:
    """Whether it is known and not nothing."""
    return amount is not None and bool(amount.rupees)


def _rupees(amount: Amount | None) -> str:
    return with_sign(amount.rupees) if amount and amount.rupees is not None else ""


# --- what became of others --------------------------------------------------------------------------------------------


def arrives(part: Part) -> bool:
    """Whether an order is still to arrive."""
    return TEMPLATES[_situation(part, Facts())].arrives


def _alike(facts: Facts, now: datetime) -> list[Both]:
    """How long orders like it took; nothing where it has taken longer itself."""
    if facts.alike is None or len(facts.parts) != 1:
        return []
    since = facts.parts[0].since
    if since is None or now - since > timedelta(hours=facts.alike):
        return []
    return [filled(words.ALIKE, time=_long(facts.alike))]


def _long(hours: int) -> Both:
    if hours == 1:
        return words.HOUR
    days = ceil(hours / 24)
    return filled(words.HOURS, n=hours) if days <= _DAYS_IN_HOURS else filled(words.DAYS, n=days)
