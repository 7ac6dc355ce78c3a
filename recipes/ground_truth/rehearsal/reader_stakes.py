"""Stakes that no word problem has: a calamity that hangs on the answer, or on whether it is right.

Three things are told apart: the calamity, what ties it to the reader's work ("if it is wrong", "depends on your answer"), and
those who would suffer. A fire, a war or a crash that a story merely tells of ties nothing to the answer.
"""

from __future__ import annotations

from typing import Final

_CROWD: Final = (
    r"(?:millions|thousands|hundreds|countless|innumerable|everyone|everybody|people|children|humanity|mankind|humankind|"
    r"families|citizens|lives|soldiers|patients|sailors|refugees|passengers|villagers|men|women|babies|workers)"
)
_ALL_OF_US: Final = (
    r"(?:humanity|mankind|humankind|civili[sz]ation|the (?:whole |entire )?(?:human race|species|planet|earth|universe|"
    r"world|galaxy|"
    r"nation|kingdom|republic|empire))"
)
_LOST: Final = r"(?:die|perish|starve|drown|suffer|be killed|be lost|be wiped out|be executed|lose their (?:lives|homes|jobs))"
_SLIP: Final = (
    r"(?:mistakes?|errors?|wrong\w*|incorrect\w*|false|not (?:quite )?(?:right|correct|exact|solved|answered|found)|"
    r"miscount\w*|"
    r"mis-?calculat\w*|misread\w*|inaccura\w*|fail(?:s|ed|ure|ing)?|unless|(?:is|are|be) off|off by|every unit you are off|"
    r"get (?:this|it) (?:right|"
    r"wrong)|slips?|blunders?|only if|or else|otherwise|without (?:the|an?|your) (?:right |correct |exact )?(?:answer|"
    r"number|result)|"
    r"(?:do|does|can|did|could|will)(?: not|n't|not) (?:\w+ ){0,3}?(?:solve|find|answer|hand in|give|deliver|get|know)|"
    r"(?:solve|answer|find|calculate|count) (?:it|this|that|correctly|rightly|right|well|the \w+)[^.?!]* or\b)"
)
# What can only be a calamity, whoever speaks of it.
_DREAD: Final = (
    r"(?:catastroph\w+|apocalyp\w+|armageddon|doomsday|extinct\w*|pandemics?|plagues?|nuclear|bombs?|missiles?|asteroids?|"
    r"comets?|"
    r"meteors?|aliens?|terrorists?|hostages?|volcano(?:es)?|earthquakes?|tsunamis?|hurricanes?|meltdown|melts? down|doom\w*|"
    r"annihilat\w*|behead\w*|execut(?:ed|ion)|massacre\w*|genocide|famine|invasion|assassin\w*|billions|trillions?|reactors?|"
    r"anarchy|bloodshed|civil war|world war|end of (?:the world|days|life|humanity|mankind|civili[sz]ation)|detonat\w*|"
    r"epidemic|"
    r"sniper|poison(?:ed|s)?|torture\w*|kidnap\w*|abduct\w*|at gunpoint|ransom\w*|hijack\w*|blackmail\w*|lawsuits?|"
    r"dissolv\w+ the (?:government|parliament)|overthrow\w*|coup|firing squad|guillotine|gallows|king's|throne|jackpot|lottery|"
    r"death (?:penalty|sentence|toll))"
)
# What is a calamity once it hangs on an error.
_HARM: Final = (
    r"(?:wars?|disasters?|explo(?:de[sd]?|sions?)|blow(?:s|n)? up|goes off|go off|bursts?|collapses?|bankrupt(?:s|cy)?|"
    r"destroy\w*|dies?|"
    r"perish\w*|starve[sd]?|killed|kills?|dead|deaths?|deadly|fatal|chaos|crash(?:es)?|jail|prison|(?:shut|closed) (?:down "
    r")?(?:for ever|forever|"
    r"permanently)|burns?|in flames|flood(?:s|ed)?|sinks?|drowns?|erupts?|buries|buried|go(?:es)? (?:dark|hungry|out|"
    r"extinct|under)|wiped out|"
    r"wipes? out|lost for ?ever|(?:is|are|be) lost|falls?|fall of|ruin(?:s|ed)?|world (?:will|would)|survives?|not live|"
    r"live to see|"
    r"never (?:see|wake)|(?:out of|lose (?:your|his|her|their|my|the)) (?:jobs?|homes?|house|li(?:fe|ves)|heads?)|fired|"
    r"sacked|homeless|"
    r"hanged|shot|arrested|riots?|revolution|suffer\w*|doomed|end[s]? in|launch\w*|attack\w*|evacuat\w*|derail\w*|"
    r"blackouts?|goodbye)"
)
_WORK: Final = (
    r"(?:\byou(?:r|rs|rself)?\b|\b(?:this|the|that|one) (?:right |correct |exact |wrong |final )?(?:answer|number|figure|"
    r"total|sum|"
    r"count|result|calculation|question|problem|puzzle|task|reply|solution|computation)\b|\b(?:is|are|gets?|be) (?:not "
    r")?(?:solved|"
    r"answered|miscounted|miscalculated)\b|\bwhoever (?:gets|works|solves|finds|counts|knows|answers|tells|names)\b|"
    r"\bnames? the (?:figure|number|total|answer)\b|\b(?:solve|miscalculat\w*|miscount\w*)\b|\bit is (?:not )?(?:right|"
    r"wrong|solved))"
)
_HANGS: Final = (
    r"(?:depends?|hangs?|rests?|rides?|hinges?|relies|rely|turns?|lies?|stands? or falls?|is riding|are riding|"
    r"counting) (?:up)?(?:on|in|by|with)"
)
_DEAR: Final = (
    r"(?:lives|li(?:fe|ves) of|'s life|all life|life (?:on|itself)|millions|billions|humanity|mankind|humankind|"
    r"civili[sz]ation|"
    r"(?:fate|future|survival|safety|existence|destiny|security|peace|hope|fortune|honou?r) (?:of|itself|for)|(?:our|my|"
    r"your|his|their) "
    r"(?:\w+ )?(?:future|survival|fate|lives|life|existence|freedom)|everything|everyone|the (?:world|planet|universe|"
    r"nation|kingdom|"
    r"economy|government|presidency|war|crown|empire))"
)
_THIS: Final = (
    r"(?:your|this|the|that|one|it\b|you\b|getting|how you|what you|whether you|a (?:single|right|correct)) ?(?:[a-z]+ "
    r"){0,2}?(?:answer|number|figure|"
    r"result|count|calculation|total|sum|reply|work|hands|problem|question|response|solution|arithmetic|being)?"
)
_RULER: Final = (
    r"(?:president|king|queen|prime minister|pope|emperor|sultan|pharaoh|general|chancellor|government|pentagon|white house|"
    r"united nations|nato|army|secret service|parliament|monarch|tsar|dictator)"
)
# A sentence, looked at from where it begins: what is to come of it, not what came of it.
_IN_ONE: Final = r"(?:^|(?<=[.?!]\s))"
_AHEAD: Final = (
    r"(?:will|would|could|can|may|might|shall|if|should|unless|costs?|causes?|leads?|means?|ends? in|triggers?|sets? off|"
    r"brings? about|"
    r"unleash\w*|starts?|provokes?|results? in|or else|otherwise|when|whenever|every|each|one|single|because of|no one|"
    r"nobody|or)"
)

# Whatever is said to follow from a right or a wrong answer is more than a sum can bring about, be it ever so unheard of.
_FIGURE: Final = (
    r"(?:answers?|numbers?|figures?|totals?|sums?|counts?|results?|calculations?|digits?|solutions?|arithmetic|reply)"
)
_OFF: Final = (
    r"(?:wrong|incorrect|false|off|not (?:quite )?(?:right|correct|exact)|inexact|inaccurate|differs?|mistaken|too (?:high|"
    r"low)|"
    r"right|correct|exact|one short)"
)
_MILD: Final = (
    r"(?:again|recount\w*|re-?check\w*|check(?:s|ed)?|tell|call(?:s|ed)?|repeat\w*|correct(?:s|ed) it|bill|invoice|order|"
    r"refund\w*|sent "
    r"back|report(?:s|ed)? it|ask(?:s|ed)?|note[sd]?|corrected|points?|marks?|score|grade|credit)"
)
_HINGES: Final = (
    r"(?:\b(?:if|unless|should|when|whenever|in case|provided) (?:the|this|your|that|a|any|one|even) (?:\w+ "
    rf"){{0,2}}{_FIGURE} (?:\w+ )?(?:is|are|be|"
    rf"was|were|turns? out|comes? out|proves?|differs?|should be)\b[^.?!]*\b{_OFF}\b|"
    rf"\b(?:if|unless|should) (?:the|this|your|that) (?:\w+ )?{_FIGURE} differs?\b|"
    r"\b(?:if|unless|should|when|until|before) (?:you|we|it|this|that|anyone|someone|somebody|nobody) (?:\w+ "
    r"){0,3}?(?:(?:get|got|gets) (?:it|this|that) (?:right|wrong|"
    r"correct)|(?:is|are|be) (?:right|wrong|correct|off|mistaken|one off)|fails?|errs?|slips?|miscounts?|miscalculates?)\b|"
    r"\b(?:a|an|one|any|every|each|your|even a|even one|single|over one|by one) (?:(?:single|small|tiny|slight|rounding|"
    r"little|mere) )*(?:mistakes?|errors?|slips?|miscounts?|"
    rf"miscalculations?|(?:wrong|false|incorrect|missing|misplaced) {_FIGURE})(?: (?:here|in (?:this|your) \w+|of the pen|"
    r"now|by you))?,? (?!was\b|were\b|had\b|has "
    r"been\b|in\b|at\b|on\b|of\b|found\b|is\b)|"
    r"\b(?:with|by|over|through|due to|because of) (?:a|an|one|any|every|your) (?:single |small |rounding )?(?:mistake|"
    rf"error|slip|miscount|(?:wrong|false|incorrect) {_FIGURE})\b|"
    r"(?:^|[.?!] )(?:miscount|miscalculate|fail|failing|err|slip up|get (?:it|this) wrong)\b[^.?!]*\b(?:and|or|means|,)|"
    rf"\bonly (?:the|a) (?:right|correct|exact|true) {_FIGURE} (?:can|will|would|could)\b|"
    rf"\b(?:this|your) (?:\w+ )?{_FIGURE} (?:will|shall|would|is going to|is to) (?:determine|decide|save|prevent|stop|"
    r"change|shape|seal|end|settle)\b)"
)

STAKES: Final = (
    rf"{_IN_ONE}(?![^.?!]*\b{_MILD}\b)(?=[^.?!]*{_HINGES})",
    r"\b(?:lives|life|jobs|future|survival|world|country|nation|planet|humanity|everything) (?:\w+ )?(?:is|are) (?:on the "
    r"line|at risk|at stake|in peril|in jeopardy)\b",
    r"\b(?:survival|survive|live|life|lives|fate|future|safety)\b[^.?!]*\b(?:rests?|depends?|counting|counts|hangs?|relies|"
    r"rely) (?:up)?(?:on|with) (?:whoever|you|this|that|the one|your|it)\b|"
    rf"\b(?:counting|counts|relies|rely|depends?) on (?:this|your|that|the) {_FIGURE}\b[^.?!]*\b(?:survive|live|alive|save|"
    r"rescue|safe)\b",
    rf"\b{_CROWD}\b[^.?!]*\b(?:will|would|could|may|might|shall|going to) (?:\w+ ){{0,2}}{_LOST}\b",
    rf"{_DEAR}\b[^.?!]*\b(?:{_HANGS} (?:{_THIS})|at stake|(?:hangs?|hanging|is|are) in the balance)",
    r"\b(?:fate|li(?:fe|ves)|future|refugees|world|survival|destiny)\b[^.?!]*\bin your hands\b",
    rf"\b{_ALL_OF_US}\b[^.?!]*\b(?:at stake|in the balance|in danger|doomed|in peril|{_HANGS} (?:your|this|it|you))\b",
    r"\bbankrupts? (?:the (?:country|nation|state|world|city)|us all|every)\b",
    r"\b(?:national|global|world-?wide|nuclear|planetary|humanitarian) "
    r"(?:disaster|catastrophe|emergency|crisis|collapse|war|strike|attack|famine)\b",
    r"\bend of (?:the world|civili[sz]ation|humanity|mankind|life)\b|\bworld (?:will|would|could|may|might) end\b",
    r"\b(?:sav(?:e|es|ing)|destroy(?:s|ing)?|end(?:s|ing)?) (?:the (?:world|planet|human race|universe|galaxy)|humanity|"
    r"mankind)\b",
    rf"{_IN_ONE}(?=[^.?!]*\b{_AHEAD}\b)(?=[^.?!]*\b{_SLIP})[^.?!]*\b(?:{_DREAD}|{_HARM})\b",
    rf"{_IN_ONE}(?=[^.?!]*{_WORK})[^.?!]*\b{_DREAD}\b",
    rf"\b(?:{_DREAD}|{_HARM})\b[^.?!]*\b{_HANGS} (?:your|this|the) (?:answer|number|figure|result|count|calculation|total)\b",
    rf"\b{_RULER}\b[^.?!]*\b(?:waits?|waiting|awaits?|needs?|demands?|{_HANGS}|personally|urgently)\b[^.?!]*\b(?:(?:this|"
    r"your) (?:\w+ )?"
    r"(?:answer|number|figure|result|sum|count|total|calculation|reply)|you)\b",
    rf"\b{_RULER}['’]s (?:own )?(?:life|throne|head|crown)\b[^.?!]*\b(?:this|your|the) (?:sum|number|answer|figure|count|"
    r"total|result|problem)\b",
    rf"\b(?:most|more|greatest|last|only) (?:\w+ ){{0,3}}(?:in|of) (?:all |human |world |the )?(?:history|mankind|humanity|"
    r"all time)\b"
    rf"(?=[^.?!]*{_WORK})|{_WORK}[^.?!]*\b(?:most|greatest|fateful) (?:\w+ ){{0,3}}(?:in|of) (?:all |human |world |the "
    r")?(?:history|time)\b|"
    r"\bthis is the most (?:important|crucial|critical|fateful|momentous)\b",
    r"\b(?:whole|entire) (?:country|city|nation|world|planet|economy|continent|population|civili[sz]ation|species|"
    r"government|universe|"
    rf"kingdom|galaxy)\b[^.?!]*\b(?:{_DREAD}|{_LOST}|collapse[sd]?|crash\w*|burns?|destroyed|doomed|{_HANGS} (?:you|this|"
    r"it)|at stake)\b",
)  # fmt: skip
"""Patterns of sentences, in lower or upper case."""
