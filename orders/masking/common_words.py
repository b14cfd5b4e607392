"""Words that tell nobody apart: what titles, addresses and sentences about orders are made of. Pure.

Such a word alone is no leak, even where somebody is called that; dots in its place would make sentences unreadable.
"""

from __future__ import annotations

from typing import Final

_WORDS: Final = """
1mg mr mrs ms miss master baby dr doctor shri shree smt kumari prof late care the and for son daughter wife
road street lane marg cross main block sector phase floor flat house building tower apartment apartments society
colony nagar layout enclave near opposite behind beside above next plot door gate wing stage extension junction
circle bridge market bazaar temple church mosque school college hospital clinic station metro park lake village
town city district taluk mandal post office home work north south east west new old india
order orders ordered payment payments paid unpaid refund refunded invoice customer patient doctor address street
delivery deliver delivered deliveries courier rider shipment shipped packed packing confirm confirmed confirmation
cancel cancelled cancellation refused refuse rejected reject failed fails failure error errors unknown known found
find not none null true false with without was were has have had been being this that these those from into onto
after before until while because again already does did done say says said tell told ask asks asked answer answers
answered question reason given give what when where which who whom whose why how yes you your our ours their theirs
them they its his her hers him she there here other others another same than then too very all any some each every
only own can cannot could may might must should would will shall more most less much many few one two three four
five six seven eight nine ten first second third last next previous name names phone number numbers code codes
status state amount rupees due captured today tomorrow yesterday day days week month year hour hours minute minutes
please retry try tries call calls nimbbl prescription medicine medicines item items quantity price total valid
invalid missing required allowed match map matched mapping operation request response internal server bad gateway
odd wrong right part process processed message data http https www com org net sent send sending succeeded success
worked came sorry technical time some input validation check payload parameter token credentials reason encrypted which
portal read api authorized authorised declined expired voided reversed reversing lapsed pending completed active
transaction partial full currency inr upi webhook
tablet tablets capsule capsules syrup strip strips bottle tube injection cream gel ointment drops powder sachet pack
suspension spray inhaler lotion oil box packet
of is to in on at by or an as be do go he it me my no so up us we id ok if am a s t rs mg
"""
COMMON: Final = frozenset(_WORDS.split())
