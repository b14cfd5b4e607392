"""What a beat of a story changes besides a status: money, prescriptions, children. Pure."""

from __future__ import annotations

from collections.abc import Callable

from onemg_portal.sandbox.day import cast
from onemg_portal.sandbox.day.documents import Child, Purchase

Effect = Callable[[Purchase], None]


# --- money ------------------------------------------------------------------------------------------------------------


def collect(purchase: Purchase) -> None:
    """The customer has paid: online, rounded to one decimal as 1mg does, or at the door."""
    paid = round(purchase.payment["order_mrp"], 1)
    where = "amount_collected" if purchase.payment["mode"] == "COD" else "online_collected"
    purchase.payment |= {where: paid, "online_pending_amount": 0, "amount_payable": 0, "allow_payment_retry": False}


def await_payment(purchase: Purchase) -> None:
    """The purchase waits for money that is to come online."""
    due = round(purchase.payment["order_mrp"], 1)
    purchase.payment |= {"online_collected": 0, "online_pending_amount": due, "allow_payment_retry": True}


def owe_at_the_door(purchase: Purchase) -> None:
    """A COD purchase: the money is payable on delivery."""
    purchase.payment["amount_payable"] = round(purchase.payment["order_mrp"], 1)


def paid_by_link(purchase: Purchase) -> None:
    """A COD purchase was paid online after all."""
    paid = round(purchase.payment["order_mrp"], 1)
    purchase.payment |= {"online_collected": paid, "online_pending_amount": 0, "amount_payable": 0}
    purchase.payment["allow_payment_retry"] = False


def refund_due(purchase: Purchase) -> None:
    """What was paid is owed back."""
    paid = purchase.payment["online_collected"]
    purchase.payment |= {"online_refund_due": paid, "total_refund_due": paid}


def refund_done(purchase: Purchase) -> None:
    """The money went back."""
    paid = purchase.payment["online_collected"]
    purchase.payment |= {"online_refund_due": 0, "total_refund_due": 0}
    purchase.payment |= {"online_refund_initiated": paid, "total_refunded_amount": paid}


def collect_less(purchase: Purchase) -> None:
    """1mg says that it collected a hundred rupees less than were paid."""
    collect(purchase)
    purchase.payment["online_collected"] = round(purchase.payment["online_collected"] - 100, 1)


def split_and_disagree(purchase: Purchase) -> None:
    """The children of one purchase name different sums for it."""
    split(purchase)
    purchase.children[1].differs = {"online_collected": round(purchase.payment["online_collected"] / 2, 1)}


def agree(purchase: Purchase) -> None:
    """They name the same again."""
    purchase.children[1].differs = {}


def garble_money(purchase: Purchase) -> None:
    """An amount that nobody can read."""
    purchase.payment["shipping_charges"] = "as agreed"


def clear_money(purchase: Purchase) -> None:
    """It can be read again."""
    purchase.payment["shipping_charges"] = 25


# --- the promise ------------------------------------------------------------------------------------------------------


def postpone(purchase: Purchase) -> None:
    """1mg promises the parcel four hours later than before."""
    purchase.children[0].promised += 240


def garble_promise(purchase: Purchase) -> None:
    """A promise that nobody can read."""
    purchase.children[0].garbled = "by tomorrow evening"


def clear_promise(purchase: Purchase) -> None:
    """It can be read again."""
    purchase.children[0].garbled = ""


# --- prescriptions ----------------------------------------------------------------------------------------------------


def no_prescription(purchase: Purchase) -> None:
    """None has come yet, and without one nothing goes on."""
    purchase.prescriptions.clear()
    purchase.children[0].stuck = True


def reject_prescription(purchase: Purchase) -> None:
    """The only prescription is no good: the order is stuck until another one comes."""
    purchase.prescriptions[0] |= {"status": "Rejected", "reason": "Invalid Prescription"}
    purchase.children[0].stuck = True
    purchase.children[0].prescription_status = "All prescriptions rejected. Waiting for prescription"


def new_prescription(purchase: Purchase) -> None:
    """The customer has sent another one."""
    url = f"https://papers.example.org/rx/{purchase.merchant_order_id}-2.jpg"
    purchase.prescriptions.append({"url": url, "status": "In-progress"})
    purchase.children[0].stuck = False
    purchase.children[0].prescription_status = "Ready for processing"


def accept_prescription(purchase: Purchase) -> None:
    """The latest prescription is good."""
    purchase.prescriptions[-1]["status"] = "Completed"


# --- children ---------------------------------------------------------------------------------------------------------


def split(purchase: Purchase) -> None:
    """The last medicine comes from elsewhere: another child order, which the group's id does not name."""
    first = purchase.children[0]
    place = len(purchase.children)
    other = Child(
        f"{first.order_id[:-1]}{place + 1}",
        [first.lines.pop()],
        first.updated,
        first.updated,
        130,
        cast.COURIERS[place % 2],
        cast.PHARMACIES[0],
        promised=first.promised,
        mrp_told=first.mrp_told,
    )
    first.courier, first.pharmacy = "1mg", cast.PHARMACIES[1]
    purchase.children.append(other)


def split_in_three(purchase: Purchase) -> None:
    """Two of the medicines come from elsewhere, each on its own."""
    split(purchase)
    split(purchase)
