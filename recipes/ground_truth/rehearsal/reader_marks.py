"""What gives a text away as nobody's own: found by the way English says it, whatever the text is about."""

from __future__ import annotations

import re
from typing import Final

_ASKED: Final = r"(?:question|problem|task|exercise|item|prompt|puzzle|quiz|scenario)"
_GRADED: Final = r"(?:graded|scored|marked|assessed|evaluated|tested|rated|examined|judged)"
_WORK: Final = (
    r"(?:answers?|outputs?|responses?|repl(?:y|ies)|solutions?|reasoning|performance|abilit(?:y|ies)|skills?|working|work|"
    r"results?)"
)
_CROWD: Final = (
    r"(?:millions|thousands|hundreds|countless|innumerable|everyone|everybody|people|children|humanity|mankind|humankind|"
    r"families|citizens|lives|soldiers|patients)"
)
_ALL_OF_US: Final = r"(?:humanity|mankind|humankind|civili[sz]ation|the (?:human race|species|planet|universe|world|nation))"
_LOST: Final = r"(?:die|perish|starve|drown|be killed|be lost|be wiped out|lose their (?:lives|homes))"
_SLIP: Final = (
    r"(?:mistakes?|errors?|wrong|incorrect\w*|not (?:quite )?(?:right|correct|exact)|miscount\w*|miscalculat\w*|inaccura\w*|"
    r"fail(?:s|ed|ure)?|unless|(?:is|are) off|get (?:this|it) (?:right|wrong)|slips?)"
)
_DOOM: Final = (
    r"(?:wars?|catastroph\w+|disasters?|apocalyp\w+|famine|extinct\w*|pandemic|meltdown|nuclear|explo(?:de|sion)s?|blow up|"
    r"bombs?|collapses?|bankrupts?|destroy\w*|doom\w*|annihilat\w*|die|dies|perish|starve|killed|deaths?|execut(?:ed|ion)|"
    r"billions|trillions|chaos|world will|crash(?:es)?|jail|prison)"
)
# A sentence, looked at from where it begins: what is to come of it, not what came of it.
_IN_ONE: Final = r"(?:^|(?<=[.?!]\s))"
_AHEAD: Final = r"(?:will|would|could|can|may|might|shall|if|unless|costs?|causes?|leads?|means?|ends? in)"
_LABEL: Final = (
    r"(?:sections?|persona|tone|(?:output|answer|response|input|reply) format|format|prompt|instructions?|topic|"
    r"topic tag|domain|"
    r"skill|grade level|(?:target )?audience|constraints?|metadata|seed|word count|question|problem|scenario|"
    r"keywords?|template|"
    r"placeholder|learning objective|variables?|system|user|assistant|example)"
)
_OPENING: Final = r"(?:^|[.?!]\s)\W*"
_CASUAL: Final = (
    r"(?:feet|foot|inch\w*|paces?|steps?|degrees?|minutes?|hours?|days?|weeks?|years?|miles?|blocks?|cups?|"
    r"percent|per cent|%|"
    r"people|persons?|pieces?|times)"
)
_CLOCK_OR_MONEY: Final = r"(?:\s*(?:euros?|dollars?|pounds?|cents?|usd|eur|gbp|a\.?m\b|p\.?m\b|h\b|hrs?\b|hours\b|o['’]clock))"

_MARKS: Final = {
    "template_residue": (
        rf"{_OPENING}(?:{_ASKED} )?(?:type|category|template|difficulty|level|id|variant)\s*:",
        rf"{_OPENING}{_LABEL}\s*:",
        r"\b(?:sample|example|placeholder|dummy|generated|synthetic) (?:word )?(?:question|problem|task|scenario|"
        r"item|text)s?\b",
        r"\b(?:category|difficulty|template|persona|output format)\s*:\s*\w+",
        rf"\b(?:here is|here's|below is|this is) (?:a|an|your|the|another) (?:\w+[- ]){{0,3}}(?:word |maths? )?{_ASKED}\b",
        r"\b(?:word|story) problems?\b",
        rf"\b{_ASKED} ?(?:#|no\. ?)\d+",
        rf"{_OPENING}(?:{_ASKED}|example|exercise) \d+\s*[.:)]",
        rf"\b(?:solve|answer|consider|complete) (?:the|this) following (?:\w+ ){{0,2}}{_ASKED}\b",
        rf"{_OPENING}(?:sure|certainly|of course|absolutely)[!,.] (?:here|below|i\b)",
        r"\{\{.*?\}\}|\{%.*?%\}|\$\{\w+\}|(?<!\w)\{[a-z_]\w*\}|%\([a-z_]+\)s|<<\w[\w ]*>>",
        r"\[(?:[a-z]+[ _])?(?:insert|your|name|first name|company|date|place|placeholder|product|number|city|location|item|"
        r"person|amount|unit|object|blank|x+)(?:[ _][a-z _]*)?\d*\]",
        r"<\s*/?(?:[a-z]+[ _])?(?:insert|your|name|placeholder|product|number|location|item|person|amount|unit|date|problem|"
        r"question|answer|story|context)(?:[ _][a-z _]*)?\d*\s*>",
        r"\blorem ipsum\b|\bdolor sit amet\b|\bfoo ?bar\b",
        r"\bx{3,}\b|\b(?:todo|tbd|tbc|fixme)\b|_{4,}",
        r"\b(?:fill in|replace|insert) (?:the |your |a )?(?:name|blank|number|value|placeholder|company|product)s?\b",
    ),
    "evaluation_aware": (
        rf"\b{_ASKED}s? (?:also |really |only )?(?:tests?|assess(?:es)?|measures?|evaluates?|checks?|probes?|"
        rf"examines?|gauges?)\b",
        rf"\b{_ASKED}s? (?:is|are|was) (?:designed|meant|intended|used|written) (?:to|for)\b",
        rf"\b{_ASKED}s? (?:is|are) (?:a |an )?(?:test|part of (?:a|an|the|our) (?:\w+ ){{0,2}}"
        r"(?:test|exam|evaluation|assessment|benchmark|study|experiment))\b",
        rf"\b{_ASKED} (?:number )?\d+ (?:of|out of|/) \d+",
        r"\b(?:language models?|llms?|chatbots?|ai (?:models?|assistants?|systems?)|artificial intelligence)\b",
        r"\bas an? (?:\w+ )?(?:ai|assistant|model)\b",
        r"\bwhether (?:a|the) model\b",
        rf"\byou(?: will|['’]ll| are| would| may| shall| must)? (?:now )?(?:be |being |going to be )(?:\w+ly )?{_GRADED}\b",
        rf"\b(?:being|to be|automatically|strictly) (?:\w+ly )?{_GRADED} (?:on|for|by|against|according)\b",
        rf"\byour {_WORK}\b[^.?!]*\b(?:{_GRADED}|compared|checked|verified)\b",
        r"\b(?:your|the|its) (?:scores?|grades?|evaluation|ratings?|marks?) (?:depends?|will|is based|are based|hinges?)\b",
        r"\b(?:test|exam|quiz|assessment|evaluation|check|measure|demonstration|examination) of (?:your|the model|"
        r"a model|how well|"
        r"reasoning|arithmetic|maths?|mathematical|logical|comprehension|careful|reading|numeracy|ability|knowledge|skill)\b",
        r"\bthis is (?:just |only |merely )?an? (?:\w+ )?(?:test|quiz|exam|assessment|evaluation|"
        r"benchmark)\b(?! of the| at the)",
        r"\b(?:points?|marks?|credits?) (?:will be|are|is|shall be|can be|may be) (?:\w+ )?"
        r"(?:deducted|awarded|given|lost|subtracted|earned|taken off|granted)\b",
        r"\b(?:full|partial|extra|no|bonus) (?:marks|credit|points) (?:is|are|will|for|if|only|requires?)\b|"
        r"\bfor full (?:marks|credit)\b",
        r"\b(?:worth|scores?|earns? you|carries) \w+ (?:points|marks)\b(?=[^.?!]*\b(?:answer|question|correct|exam|test)\b)",
        r"\b(?:correct|right|wrong) (?:answers?|results?) (?:earns?|scores?|costs?|is worth|are worth|counts?)\b",
        r"\b(?:check(?:ing)?|test(?:ing)?|see(?:ing)?|assess(?:ing)?|evaluat(?:e|ing)|find(?:ing)? out|know|measur(?:e|ing)) "
        r"(?:whether|if|that|how well|how) you (?:can|are able|know|understand|reason|do|follow|handle)\b|\bhow well you\b",
        r"\b(?:show|prove|demonstrate) that you (?:can|know|understand|are able)\b",
        r"\b(?:examiners?|graders?|markers?|evaluators?|assessors?)\b[^.?!]*\b(?:answers?|responses?|solutions?)\b",
        r"\b(?:answer key|marking scheme|test set|evaluation set|held-out|benchmark|exam(?:ination)? (?:question|conditions)|"
        r"(?:as|like|would) (?:\w+ ){0,2}in an? (?:exam|examination|test|quiz))\b",
        r"\bbeing (?:evaluated|tested|graded)\b|\b(?:tests?|evaluates?|assess(?:es)?) (?:your|whether you|how you)\b",
        r"\bthink(?:ing)? step[ -]by[ -]step\b",
        r"\bgrade (?:will|depends?)\b",
        r"\b(?:graders?|evaluators?|examiners?|assessors?) (?:expects?|will|wants?|checks?|looks?)\b",
        r"\b(?:on|for|in|of) this (?:\w+ )?(?:assessment|test|exam|examination|quiz|benchmark|evaluation)\b",
    ),
    "unrealistic_stakes": (
        rf"\b{_CROWD}\b[^.?!]*\b(?:will|would|could|may|might|shall|going to) (?:\w+ ){{0,2}}{_LOST}\b",
        r"\b(?:lives|millions|humanity|mankind|(?:fate|future|survival|safety|existence|destiny|security|peace) of)\b[^.?!]*"
        r"\b(?:depends?|hangs?|rests?|rides?|hinges?|at stake|in the balance)\b",
        rf"\b{_ALL_OF_US}\b[^.?!]*\b(?:at stake|in the balance|in danger|doomed|in peril)\b",
        r"\b(?:whole|entire) (?:country|city|nation|world|planet|economy|continent|population|civili[sz]ation|"
        r"species|government|"
        r"universe|kingdom)\b",
        r"\bbankrupts? (?:the|a|an|us|every)\b",
        r"\b(?:national|global|world-?wide|nuclear|planetary|humanitarian) "
        r"(?:disaster|catastrophe|emergency|crisis|collapse|war|strike|attack|famine)\b",
        r"\bend of (?:the world|civili[sz]ation|humanity|mankind|life)\b|\bworld (?:will|would|could|may|might) end\b",
        r"\b(?:sav(?:e|es|ing)|destroy(?:s|ing)?|end(?:s|ing)?) (?:the (?:world|planet|human race|universe)|"
        r"humanity|mankind)\b",
        rf"{_IN_ONE}(?=[^.?!]*\b{_AHEAD}\b)(?=[^.?!]*\b{_SLIP}\b)[^.?!]*\b{_DOOM}\b",
        rf"\b{_DOOM}\b[^.?!]*\bdepends? on (?:your|this|the) (?:answer|number|figure|result|count|calculation|total)\b",
    ),
    "unnatural_precision": (
        r"(?<![\d.])\d[\d,]*\.\d{4,}",
        rf"(?<![\d.,$€£])(?<!at )(?<!by )(?<![$€£] )\d+\.(?:00+|\d*[1-9]00+)(?!\d)(?!{_CLOCK_OR_MONEY})",
        r"\b(?:exactly|precisely) \d[\d,]*\.\d{3,}",
        rf"(?<![\d.])\d+\.\d{{3,}} ?{_CASUAL}(?!\w)",
        r"\b\d{1,2}:\d{2}:\d{2}[.,]\d+",
        r"\b(?:milli|micro|nano)seconds?\b(?=[^.?!]*\b(?:minutes|hours)\b)|\b(?:minutes|hours)\b[^.?!]*\b(?:milli|"
        r"micro|nano)seconds?\b",
        r"\b(?:exactly|precisely) (?!\d[\d,]*000\b)(?:\d{1,3}(?:,\d{3}){2,}|\d{7,})\b",
        r"\b(?:five|six|seven|eight|nine|ten|twelve|[5-9]|\d{2}) (?:decimal places|decimals|"
        r"significant (?:figures|digits))\b",
    ),
}  # fmt: skip
_FOUND: Final = {
    reason: tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)
    for reason, patterns in _MARKS.items()
}


# A slot left open in capitals, which small letters do not make one ("[as agreed]").
_SLOT: Final = re.compile(r"\[[A-Z][A-Z0-9_ ]{2,}\]|<[A-Z][A-Z0-9_ ]{2,}>")


def marks(text: str) -> tuple[str, ...]:
    """The names of what gives a text away, in a fixed order; none for a text that rings true."""
    found = {reason for reason, patterns in _FOUND.items() if any(pattern.search(text) for pattern in patterns)}
    if _SLOT.search(text):
        found.add("template_residue")
    return tuple(reason for reason in _FOUND if reason in found)
