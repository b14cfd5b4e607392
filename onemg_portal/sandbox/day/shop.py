"""The merchant's own shop in the sandbox: it registers a purchase at the portal before 1mg first speaks of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import requests

#: Answers that would be the same for every other purchase: the shop stops asking.
_HOPELESS: Final = (401, 403, 404, 405)


@dataclass(slots=True)
class Shop:
    """Registers each purchase once, when its turn comes. `key`: that of the portal's API; empty, nothing is done."""

    url: str
    key: str
    say: Callable[[str], object]
    purchases: dict[str, dict[str, str]] = field(default_factory=dict)

    def register(self, purchase: str) -> None:
        """Register a purchase, if it is one of ours and has not been. Trouble is said and goes no further."""
        said = self.purchases.pop(purchase, None)
        if said is None or not self.key:
            return
        try:
            code = self._post(said)
        except requests.RequestException as error:
            self.say(f"{purchase} could not be registered: {type(error).__name__}.")
            return
        if code in _HOPELESS:
            self.key = ""
            self.say(f"The portal answers {code} to a registration: purchases are not registered.")
        elif code not in (200, 201):
            self.say(f"{purchase} could not be registered: {code}.")

    def _post(self, said: dict[str, str]) -> int:
        with requests.Session() as session:
            session.trust_env = False  # a proxy of this machine's is not on the way to this machine
            headers = {"Authorization": f"Token {self.key}"}
            return session.post(
                self.url, json=said, headers=headers, timeout=(5, 15), allow_redirects=False
            ).status_code
