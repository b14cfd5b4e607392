"""What a caller is told, both languages side by side. Pure.

A text says what 1mg has said, and what comes next in 1mg's own sequence: it never promises anything itself, gives no
cause that is not 1mg's, and names no medicine. No verb stands in the future.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orders.answering.bilingual import Both


@dataclass(frozen=True, slots=True)
class Template:
    """The words for one situation of an order.

    `whole`: the order as the only one of its purchase; `part`: some of several. `then`: whether anybody needs
    something from the customer, and what comes next; `None`: what 1mg says of the money stands there. `codes`: 1mg's
    for it. `arrives`: whether it is still to arrive, so that 1mg's promise belongs to it.
    """

    whole: Both
    part: Both
    then: Both | None
    codes: tuple[int, ...] = ()
    arrives: bool = True


_NOTHING: Final = Both("1mg needs nothing from you now", "1mg को आपसे अभी कुछ नहीं चाहिए")


def _nothing(then: Both) -> Both:
    return Both(f"{_NOTHING.english}; {then.english}", f"{_NOTHING.hindi}; {then.hindi}")


_PACKING_AFTER: Final = _nothing(Both("packing comes after that.", "पैकिंग इसके बाद है।"))

#: In this order: of several orders, the first of these tells what is needed and what comes next.
TEMPLATES: Final = {
    "rejected": Template(
        Both("1mg did not accept the prescription{why}", "1mg ने डॉक्टर का पर्चा स्वीकार नहीं किया{why}"),
        Both("{n} waiting for another prescription", "{n} को दूसरे पर्चे का इंतज़ार"),
        Both(
            "Please send another one; 1mg packs the order only after accepting it.",
            "कृपया दूसरा पर्चा भेजें; उसे स्वीकार करने के बाद ही 1mg ऑर्डर पैक करता है।",
        ),
    ),
    "rejected_undecided": Template(
        Both(
            "1mg did not accept one prescription{why} and has another that it has not decided on",
            "1mg ने एक पर्चा स्वीकार नहीं किया{why}, और दूसरे पर उसका फ़ैसला बाकी है",
        ),
        Both("{n} waiting for a prescription to be accepted", "{n} का पर्चा स्वीकार होना बाकी"),
        Both("1mg goes on once it accepts one.", "पर्चा स्वीकार होने पर 1mg आगे बढ़ता है।"),
    ),
    "rx": Template(
        Both("1mg is waiting for a prescription", "1mg को डॉक्टर के पर्चे का इंतज़ार है"),
        Both("{n} waiting for a prescription", "{n} को पर्चे का इंतज़ार"),
        Both(
            "Please send a valid one; 1mg packs the order only after accepting it.",
            "कृपया मान्य पर्चा भेजें; उसे स्वीकार करने के बाद ही 1mg ऑर्डर पैक करता है।",
        ),
        codes=(100,),
    ),
    "rx_undecided": Template(
        Both(
            "1mg is waiting for a valid prescription and has one that it has not decided on",
            "1mg को मान्य पर्चे का इंतज़ार है, और मिले हुए पर्चे पर उसका फ़ैसला बाकी है",
        ),
        Both("{n} waiting for a prescription to be accepted", "{n} का पर्चा स्वीकार होना बाकी"),
        Both("1mg goes on once it accepts one.", "पर्चा स्वीकार होने पर 1mg आगे बढ़ता है।"),
    ),
    "unpaid": Template(
        Both("1mg is waiting for your order to be paid online", "1mg को आपके ऑर्डर के ऑनलाइन भुगतान का इंतज़ार है"),
        Both("{n} waiting to be paid online", "{n} को ऑनलाइन भुगतान का इंतज़ार"),
        Both("It goes on once it is paid.", "भुगतान होने पर ऑर्डर आगे बढ़ता है।"),
        codes=(180,),
    ),
    "payment": Template(
        Both(
            "1mg is waiting for the payment of your order to be confirmed",
            "1mg को आपके ऑर्डर के भुगतान की पुष्टि का इंतज़ार है",
        ),
        Both("{n} waiting for the payment to be confirmed", "{n} को भुगतान की पुष्टि का इंतज़ार"),
        Both("It goes on once the payment is confirmed.", "पुष्टि होने पर ऑर्डर आगे बढ़ता है।"),
        codes=(17,),
    ),
    "allocation": Template(
        Both("1mg could not set aside the stock for your order", "1mg आपके ऑर्डर के लिए स्टॉक अलग नहीं रख पाया"),
        Both("{n} without stock set aside", "{n} के लिए स्टॉक अलग नहीं रखा जा सका"),
        Both(
            "1mg needs nothing from you now and has not said what comes next.",
            "1mg को आपसे अभी कुछ नहीं चाहिए, और आगे क्या है यह उसने नहीं बताया है।",
        ),
        codes=(20,),
    ),
    "again": Template(
        Both(
            "1mg says that your order is to be delivered again{tried}",
            "1mg के अनुसार आपका ऑर्डर दोबारा पहुँचाया जाना है{tried}",
        ),
        Both("{n} to be delivered again", "{n} की दोबारा डिलीवरी बाकी"),
        _nothing(Both("another delivery is next.", "इसके बाद दोबारा डिलीवरी है।")),
        codes=(45,),
    ),
    "unknown": Template(
        Both(
            "1mg names a state of your order that it has not described",
            "1mg ने आपके ऑर्डर की ऐसी स्थिति बताई है जिसे उसने समझाया नहीं है",
        ),
        Both("{n} in a state that 1mg has not described", "{n} की स्थिति 1mg ने नहीं समझाई"),
        Both("1mg has not said what comes next.", "आगे क्या है, 1mg ने नहीं बताया है।"),
    ),
    "silent": Template(
        Both("1mg has not told us anything about your order yet", "1mg ने आपके ऑर्डर के बारे में अभी कुछ नहीं बताया है"),
        Both("{n} not spoken of by 1mg", "{n} के बारे में 1mg ने कुछ नहीं बताया"),
        Both("1mg has not asked you for anything.", "1mg ने आपसे कुछ नहीं माँगा है।"),
        arrives=False,
    ),
    "placed": Template(
        Both("1mg has your order", "आपका ऑर्डर 1mg के पास है"),
        Both("{n} placed", "{n} 1mg के पास"),
        _nothing(Both("checking and packing come next.", "इसके बाद जाँच और पैकिंग है।")),
        codes=(15, 160),
    ),
    "checking": Template(
        Both("1mg is checking your order", "1mg आपके ऑर्डर की जाँच कर रहा है"),
        Both("{n} being checked", "{n} की जाँच जारी"),
        _PACKING_AFTER,
        codes=(170,),
    ),
    "reading": Template(
        Both("1mg is reading your prescription", "1mg आपका पर्चा पढ़ रहा है"),
        Both("{n} with the prescription being read", "{n} का पर्चा पढ़ा जा रहा है"),
        _PACKING_AFTER,
        codes=(110,),
    ),
    "stock": Template(
        Both("1mg is getting the items of your order together", "1mg आपके ऑर्डर का सामान जुटा रहा है"),
        Both("{n} being got together", "{n} का सामान जुटाया जा रहा है"),
        _PACKING_AFTER,
        codes=(120, 131),
    ),
    "packing": Template(
        Both("1mg is packing your order", "1mg आपका ऑर्डर पैक कर रहा है"),
        Both("{n} being packed", "{n} की पैकिंग जारी"),
        _nothing(Both("it leaves once it is packed.", "पैक होने पर यह रवाना होता है।")),
        codes=(130, 132),
    ),
    "packed": Template(
        Both("Your order is packed and ready to leave", "आपका ऑर्डर पैक होकर रवाना होने को तैयार है"),
        Both("{n} packed", "{n} पैक होकर तैयार"),
        _nothing(Both("delivery comes next.", "इसके बाद डिलीवरी है।")),
        codes=(25,),
    ),
    "out": Template(
        Both("Your order is out for delivery", "आपका ऑर्डर डिलीवरी के लिए निकल चुका है"),
        Both("{n} out for delivery", "{n} डिलीवरी के लिए रवाना"),
        _nothing(Both("it only has to be handed over.", "अब बस आपको सौंपना बाकी है।")),
        codes=(30,),
    ),
    "return_asked": Template(
        Both("1mg has the request to return your order", "आपके ऑर्डर की वापसी का अनुरोध 1mg के पास है"),
        Both("{n} asked to be returned", "{n} की वापसी का अनुरोध"),
        None,
        codes=(140,),
        arrives=False,
    ),
    "returning": Template(
        Both("The return of your order is under way", "आपके ऑर्डर की वापसी जारी है"),
        Both("{n} being returned", "{n} की वापसी जारी"),
        None,
        codes=(141,),
        arrives=False,
    ),
    "cancelling": Template(
        Both("Your order is being cancelled at 1mg", "1mg में आपका ऑर्डर रद्द हो रहा है"),
        Both("{n} being cancelled", "{n} का रद्द होना जारी"),
        None,
        codes=(95,),
        arrives=False,
    ),
    "cancelled": Template(
        Both("Your order is cancelled at 1mg", "1mg में आपका ऑर्डर रद्द हो चुका है"),
        Both("{n} cancelled", "{n} रद्द"),
        None,
        codes=(99,),
        arrives=False,
    ),
    "returned": Template(
        Both("Your order has been returned to 1mg", "आपका ऑर्डर 1mg को लौटाया जा चुका है"),
        Both("{n} returned", "{n} की वापसी हो चुकी"),
        None,
        codes=(142,),
        arrives=False,
    ),
    "delivered": Template(
        Both("1mg delivered your order{on}", "1mg ने आपका ऑर्डर{on} पहुँचा दिया है"),
        Both("{n} delivered", "{n} की डिलीवरी हो चुकी"),
        Both(f"{_NOTHING.english}.", f"{_NOTHING.hindi}।"),
        codes=(40,),
        arrives=False,
    ),
}

#: 1mg's codes that have a template; any other one is unknown.
OF_STATUS: Final = {code: name for name, template in TEMPLATES.items() for code in template.codes}

#: Instead of what comes next, while 1mg waits for our confirmation. That nobody needs anything is not said: whether the
#: purchase is paid is not known here.
OURS_TO_CONFIRM: Final = Both(
    "It goes on once we have confirmed the order to 1mg.", "हमारी पुष्टि मिलने पर 1mg आगे बढ़ता है।"
)

# --- 1mg's promise ----------------------------------------------------------------------------------------------------

PROMISED: Final = Both("; 1mg promised the order {time}", "; 1mg ने ऑर्डर {time} पहुँचाने का वादा किया है")
PASSED: Final = Both(
    "; 1mg promised the order {time}, which has passed, and has named no new time",
    "; 1mg ने ऑर्डर {time} पहुँचाने का वादा किया था, वह समय बीत चुका है और 1mg ने नया समय नहीं बताया है",
)
NOT_PROMISED: Final = Both("; 1mg has not said when the order arrives", "; ऑर्डर पहुँचने का समय 1mg ने नहीं बताया है")

PART_PROMISED: Final = Both(", promised {time}", ", {time} का वादा")
PART_PASSED: Final = Both(", promised {time}, which has passed", ", {time} का वादा, जो बीत चुका है")
PART_NOT_PROMISED: Final = Both(", with no time named", ", समय नहीं बताया")

OF_ALL: Final = Both("{n} of {all}", "{all} में से {n}")
IN_PARTS: Final = Both("Your order comes in {n} parts: {parts}.", "आपके ऑर्डर के {n} हिस्से हैं: {parts}।")
DELIVERED_ON: Final = Both(" on {time}", " {time}")
TRIED: Final = Both(" ({n} attempts so far)", " ({n} कोशिशें हो चुकी हैं)")

#: What became of others, which promises nothing.
ALIKE: Final = Both(
    "9 of 10 orders like it arrived within {time} from there.",
    "इस जैसे 10 में से 9 ऑर्डर इस पड़ाव के बाद {time} में पहुँच गए।",
)
HOUR: Final = Both("1 hour", "1 घंटे")
HOURS: Final = Both("{n} hours", "{n} घंटे")
DAYS: Final = Both("{n} days", "{n} दिन")

# --- why 1mg rejected a prescription ----------------------------------------------------------------------------------

#: The reasons that 1mg publishes, without case, in the customer's words.
REASONS: Final = {"invalid prescription": Both(" as valid", ": वह मान्य नहीं था")}
QUOTED: Final = Both(" (in its words: “{reason}”)", " (उसके शब्दों में: “{reason}”)")

# --- what 1mg says of the money ---------------------------------------------------------------------------------------

REFUND_UNCLEAR: Final = Both(
    "1mg has not said clearly what is paid back.", "कितना पैसा लौटाया जाना है, 1mg ने साफ़ नहीं बताया है।"
)
DUE_IN_PART: Final = Both(
    "1mg says that {paid} has been paid back and that {due} is still to be paid back.",
    "1mg के अनुसार {paid} लौटाए जा चुके हैं और {due} लौटाए जाने बाकी हैं।",
)
DUE: Final = Both(
    "1mg says that {due} is to be paid back, and has not said that it was paid.",
    "1mg के अनुसार {due} लौटाए जाने हैं; लौटा दिए गए, यह उसने नहीं कहा है।",
)
PAID_BACK: Final = Both("1mg says that {paid} has been paid back.", "1mg के अनुसार {paid} लौटाए जा चुके हैं।")
COLLECTED: Final = Both(
    "1mg has collected {collected} and has named no amount to be paid back.",
    "1mg ने {collected} लिए हैं और लौटाने की कोई रकम नहीं बताई है।",
)
NOTHING_COLLECTED: Final = Both("1mg says that it collected nothing.", "1mg के अनुसार उसने कोई पैसा नहीं लिया है।")
MONEY_NOT_SAID: Final = Both("1mg has said nothing of the money.", "पैसे के बारे में 1mg ने कुछ नहीं बताया है।")
