"""One request to a partner of the sandbox, and what a kind of misbehaviour can do with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from onemg_portal.sandbox.partners import nimbbl, onemg
from onemg_portal.sandbox.partners.agreed import Outcome
from onemg_portal.sandbox.partners.books import Books
from onemg_portal.sandbox.partners.wire import Answer, Request, Wire, json_answer


@dataclass(slots=True)
class Turn:
    """One request that is treated by a kind. `met` counts from 1 the requests that the rule has met."""

    request: Request
    wire: Wire
    endpoint: str
    home: str
    met: int
    books: Books
    outcome: Callable[[], Outcome]

    def act(self) -> Answer:
        """Do what was asked for; the honest answer."""
        outcome = self.outcome()
        outcome.effect()
        return outcome.answer

    def pretend(self) -> Answer:
        """The honest answer, with nothing done."""
        return self.outcome().answer

    def act_and_say(self, **changes: Any) -> Answer:
        """Do what was asked for, and answer well but for these keys. A request that is no good is refused as ever."""
        answer = self.act()
        return json_answer(200, json.loads(answer.body) | changes) if answer.code == 200 else answer

    def refuse(self, code: int, message: str) -> Answer:
        """A refusal in the words of the partner that was asked."""
        if self.endpoint in ("confirm", "cancel", "track"):
            return onemg.refused(code, message)
        return nimbbl.error(code, message.upper().replace(" ", "_"), message)


#: A kind of misbehaviour: the answer, or `None` where it has done all on the wire itself. Its options are keywords.
Kind = Callable[..., Answer | None]
