"""What 1mg asks the merchant for while the day is played: refunds, how they stand, and things that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from onemg_portal.sandbox.day.player import Errand, line
from onemg_portal.sandbox.day.stories import Wanted
from onemg_portal.sandbox.partners import asking
from onemg_portal.sandbox.partners.agreed import Agreed

#: So many times 1mg asks for a refund that is not answered with success, each time under another unique id; from then
#: on it only asks how it stands.
TIMES: Final = 2
_FINAL: Final = frozenset({asking.SUCCESS, "FAILED"})
#: What nobody knows: the first is no purchase, the others name three orders, the last an amount that is none.
_NO_SUCH: Final = "SBX-NO-SUCH-PURCHASE"
_ODD: Final = (Wanted("PO-NOBODY-KNOWS", "120.50"), Wanted("PO-UNHEARD-OF", "75.00"), Wanted("PO-FREE", "0"))


@dataclass(slots=True)
class Wishes:
    """Makes errands of them, one line each. Without `agreed.merchant_url` 1mg asks for nothing."""

    agreed: Agreed
    say: Callable[[str], object]
    _asked: dict[str, int] = field(default_factory=dict)

    def errands(self, purchase: str, wanted: Wanted, due: float) -> list[Errand]:
        """1mg asks for a refund `due` seconds from now, and again until it is over, or 1mg is tired of asking."""
        if not self.agreed.merchant_url:
            return []
        unique_ids: list[str] = []

        def ask() -> bool:
            if len(unique_ids) == TIMES:
                return self._look(purchase, unique_ids[-1]) in _FINAL
            unique_ids.append(self._unique_id(wanted.order_id))
            return self._ask(purchase, wanted, unique_ids[-1]) in _FINAL

        return [Errand(due, ask)]

    def odd(self, due: float) -> list[Errand]:
        """1mg asks about a payment, for refunds and about a refund that nobody here has ever heard of."""
        if not self.agreed.merchant_url:
            return []

        def ask() -> bool:
            self._say(_NO_SUCH, "1mg asks about a payment", asking.status_of(_NO_SUCH, self.agreed))
            for wanted in _ODD:
                self._ask(_NO_SUCH, wanted, self._unique_id(wanted.order_id))
            self._look(_NO_SUCH, "RR-NEVER-ASKED-FOR")
            return True

        return [Errand(due, ask)]

    def _ask(self, purchase: str, wanted: Wanted, unique_id: str) -> str:
        answer = asking.refund(wanted.order_id, wanted.amount, unique_id, self.agreed)
        self._say(purchase, f"1mg asks for ₹{wanted.amount} back", answer)
        return answer

    def _look(self, purchase: str, unique_id: str) -> str:
        answer = asking.refund_standing(unique_id, self.agreed)
        self._say(purchase, "1mg asks how the refund stands", answer)
        return answer

    def _say(self, purchase: str, words: str, answer: str) -> None:
        self.say(line(purchase, words, answer))

    def _unique_id(self, order_id: str) -> str:
        """Another one each time, as 1mg's."""
        self._asked[order_id] = self._asked.get(order_id, 0) + 1
        return f"RR-{order_id}-{self._asked[order_id]}"
