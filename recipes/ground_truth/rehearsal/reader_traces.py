"""Traces of how a text was made, told by marks that no letter, log or story has, and by its speaking of itself."""

from __future__ import annotations

from typing import Final

_ITSELF: Final = r"(?:exercise|problem|question|task|puzzle|prompt|scenario|narrative|problem statement|wording|word problem)s?"
_CALLED: Final = (
    r"(?:distractors?|noise|irrelevant|relevant|facts?|steps?|ops?|operations?|givens?|premises?|"
    r"filler|red herrings?|todo|fixme)"
)

MADE: Final = (
    # Brackets that hold a remark, a slot or a label.
    r"\[(?!(?:page|p\.|see|sic|room|line|table|fig)\b)[^\]\n\d][^\]\n]*\]|\[\W*\]|\{\{?[^}\n]*\}\}?|<[!/%]?[a-z][^>\n]*>|"
    r"<!--|-->|^\s*//\s|\s//\s|/\*|\*/|"
    r"\$\{?[A-Z_]{2,}\b|%[sd]\b(?!\w)|\b0x[0-9a-f]{3,}\b",
    r"%\w+%|\b__\w+__\b|@@\w*|\ba\(n\)|\b(?:s/he|\(s\)he|(?:he|she|his|her|him|was|were|is|are|has|have|mr|mrs|ms|does|"
    r"do)/(?:he|she|his|her|hers|him|was|were|is|are|has|have|mr|mrs|ms|do|does))\b",
    r"\b(?:insert|write|describe|mention|add|put|place|include) (?:an?|the|another|some|one) (?:[a-z]+ ){0,2}?(?:sentence|"
    r"detail|name|line|paragraph|character|distractor|remark|closing|opening|ending)s?\b(?! (?:on|in|at|to) (?:the|"
    r"a) (?:form|list|log|sheet|label|card|book|wall|door|ledger|register))",
    r"\b(?:goes|go|comes|belongs) here\b|\b(?:seed|source|original|base) (?:problem|item|question|text)\b|\b(?:paraphrase|"
    r"variant|rewrite|copy|version|clone) of (?:seed|item|problem|question|example|the original|template)\b"
    r"|\b(?:step|part|line|sentence|paragraph) \w+ of (?:the|this) (?:story|problem|text|draft)\b",
    rf"\(\s*(?:{_CALLED})\b[^)\d]{{0,20}}\d*\)",
    rf"(?:^|[.?!]\s|^\W*)(?:{_CALLED})(?:[ _-]?\d+)?\s*:\s|\b[A-Z]{{2,}}_\d+\b",
    # One word for one or many, as a form has it.
    r"\b[a-z]{2,}\((?:e?s|ies|ves)\)|\b([a-z]{3,})/\1(?:e?s)\b",
    r"\b(?:undefined|nullptr|lorem ipsum)\b|:\s*null\b|\b(?:by|named|called|is) (?:null|undefined)\s*[.,]",
    r"\((?:draft|version|ed\.?|editor|author|reviewer|rewrite|same as|insert|see (?:example|template)|"
    r"replace|tbd|nb)\b[^)]*\)",
    r"\b(?:rewritten|reworded|alternative|another|new|next|previous|last|first|final|shorter|longer|same) (?:version|"
    r"example|item|draft|variant|wording|paraphrase)\b[^.?!\n]{0,60}:",
    r"\b(?:final|full|finished|whole) text only\b|\b(?:distractors?|numbers|names) (?:kept|changed|unchanged|swapped|varied|"
    r"replaced|randomi[sz]ed)\b",
    rf"\b(?:note|nb|remark|reminder)\s*:\s[^.?!]*\b{_ITSELF}\b|\buses? [^.?!]* as asked\b",
    r"\b(?:fictitious|fictional|hypothetical|imaginary|made[- ]up|invented)\b[^.?!]*\b(?:scenario|names?|characters?|story|"
    r"setting|places?|example|frame)\b"
    rf"|\b(?:scenario|names?|characters?|story|setting|{_ITSELF})\b[^.?!]*\b(?:fictitious|fictional|hypothetical|imaginary|"
    rf"made[- ]up)\b",
    r"\b(?:hereby|aforementioned|aforesaid|hereinafter|herein|heretofore|shall be deemed|be deemed|"
    r"indistinguishable objects|generic agent)\b",
    r"\bred herrings?\b|\b(?:division|numbers|arithmetic|sum) (?:comes|come|works|work) out\b(?= ?[.)\]])",
)
"""Of a template, an instruction to whoever wrote, a program's printout."""
MADE_AS_WRITTEN: Final = (r"(?:[:,]|\bby|\bon) (?:None|NaN)\b(?! of)",)
"""As MADE, but as written: a log has "none"."""

SPOKEN: Final = (
    rf"\b(?:this|the above|the following|whole) (?:\w+ )?{_ITSELF}\b(?! (?:with|of|in|at|on) (?:the|a|his|her|its|their) )",
    r"\b(?:in|of|by|from) (?:the|its) (?:wording|problem statement|word problem|exercise)\b",
    r"\b(?:put|placed|included|added|mentioned|inserted|planted|there) (?:\w+ ){0,3}?(?:to|only to|just to|"
    r"in order to) (?:distract|mislead|confuse|trick|fool)\b"
    r"|\b(?:distract|mislead|confuse|trick|fool) (?:you|the reader|readers|the solver|anyone)\b",
    r"\b(?:ignore|disregard|beware of|watch out for|look out for|mind) (?:any |all |the |some )?(?:\w+ )?(?:irrelevant|"
    r"unnecessary|superfluous|extra|misleading|needless|traps?|distract\w+)\b",
    r"\b(?:not (?:every|all)|some|only some|several|few|most) (?:of the )?(?:numbers?|details?|facts?|figures?|information|"
    r"data|sentences?)\b[^.?!]*\b(?:needed|necessary|relevant|"
    r"irrelevant|matters?|used|useful|distract\w*|required)\b",
    r"\b(?:fall for|spot|avoid|notice|see through) (?:the|a|any|this|its) (?:\w+ )?(?:trap|trick|catch|distractor|pitfall)\b",
    r"\b(?:evaluation|eval|scoring|grading|benchmark(?:ing)?) (?:harness|script|suite|set|run|pipeline|rubric|"
    r"protocol|split)\b|\bharness\b[^.?!]*\b(?:reads?|checks?|parses?|scores?)\b",
    r"\b(?:models?|solvers?) (?:\w+ )?(?:often|usually|typically|tend|commonly|frequently|mostly|always|"
    r"sometimes|rarely) (?:\w+ )?(?:fail|miss|forget|stumble|get|err|confuse|overlook|go wrong)\w*\b",
    r"\b(?:training data|knowledge cut-?off|(?:knowledge|data|training) (?:has|had|have) (?:a|its) cut-?off|"
    r"browse (?:for|the (?:web|internet|net)))\b",
    r"\b(?:pupils?|students?|candidates?|participants?|solvers?|readers?|anyone|whoever|those) who [^.?!]*\b(?:"
    r"credit|marks|points|answers?|solution)\b",
    r"\b(?:decoys?|distractors?)\b|\b(?:irrelevant|superfluous|misleading|unneeded|unnecessary) (?:\w+ )?(?:details?|"
    r"numbers?|facts?|information|figures?|data)\b",
    r"\b(?:this|the next|the last) (?:item|one|part|answer) (?:is|counts|scores|"
    r"carries)(?: \w+)? (?:\w+ )?(?:points?|marks?)\b|\b(?:points?|marks?) out of\b"
    r"|\b(?:marked|graded|scored|assessed|evaluated) (?:by|with) (?:a |the )?(?:machine|computer|"
    r"program|script|software|parser|regex|algorithm)\b"
    r"|\bwhat follows (?:is|will be|gets) (?:marked|graded|scored|assessed|evaluated|tested)\b",
    r"\bthe solver\b",
)
"""To whoever is to solve it."""

BEYOND_BELIEF: Final = (
    r"\b(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|several|a) (?:million|billion|trillion)s? (?:tonnes?|"
    r"tons|kilomet\w+|km|miles|degrees|years|volts|"
    r"floors|storeys|metres|litres|kilos?|kg|hours|dollars|euros|pounds)\b",
    r"\b(?:awake|without (?:sleep|sleeping|a break|eating)|slept|nonstop|non-stop) (?:for |a |"
    r"the last )*\d{2,}\b(?! (?:hours|minutes))",
    r"\b(?:walk\w*|ran|cycled|swam|carried|pushed|jogged|crawled|strolled|hopped)\b[^.?!]*\b\d{1,3},\d{3} (?:km|kilomet\w+|"
    r"miles|floors|tonnes|tons)\b",
    r"\b(?:million|billion)s? (?:people|staff|workers|nurses|drivers) (?:on|in) (?:its|the|her|his|their) (?:\w+ )?(?:shift|"
    r"team|crew|ward|"
    r"payroll)\b",
    r"\b(?:[2-9]\d\d|\d{4,}|\d{1,3},\d{3}) (?:floors|storeys|stories|flights)\b",
    r"\b(?:[89]\d|[1-9]\d{2,}) degrees (?:celsius|centigrade)?\b(?=[^.?!]*\b(?:in|inside|at) (?:the |"
    r"shed )?[A-Za-z]+)(?![^.?!]*\b(?:oven|kiln|autoclave|furnace|boil\w*|steri\w*|bak\w+|oil|turn\w*|angle)\b)",
    r"\b(?:[4-9]\d|[1-9]\d{2,}) (?:hours a day|hours per day|days a week|days in a week|hours every day|months (?:a|"
    r"per) year|minutes (?:in|an|per) (?:every )?hour\b(?=[^.?!]*\bworks))",
    r"\b(?:older than|as old as|since) (?:the (?:universe|pyramids|dinosaurs|earth|moon)|time began)\b|\b(?:faster|"
    r"quicker) than (?:light|sound)\b|\b(?:teleport\w*|time machine|telepath\w*|levitat\w*)\b",
)
"""What no ward and no yard has seen."""

_RESULT: Final = r"(?:answer|number|figure|total|sum|count|result|calculation|reckoning|arithmetic)"
_ALL_IS_WELL: Final = r"(?:recount|check|again|correct(?:s|ed)? it|bill|invoice|order|tell|told|report|note|phone|ring|call)"
WAGERED: Final = (
    rf"(?:^|(?<=[.?!]\s))(?![^.?!]*\b{_ALL_IS_WELL}\w*\b)[^.?!]*\b(?:if|unless|should|when|once) (?:the|this|that|your|"
    rf"a) (?:\w+ )?{_RESULT} (?:for|of) [^.,?!]{{1,40}}\b(?:wrong|off|incorrect|mistaken|"
    r"out|right|correct|exact|too (?:high|low))\b",
    rf"(?:^|(?<=[.?!]\s))(?![^.?!]*\b{_ALL_IS_WELL}\w*\b)[^.?!]*\b(?:if|unless|should) [^.?!,]{{1,40}}\b(?:do|does|"
    rf"did) not (?:add up|come out|tally|agree|balance)\b",
    r"\b(?:an?|one) (?:single )?[a-z-]+ too (?:many|few|much|little) (?:in|here|and)\b",
    rf"\b(?:bet|bets|staked?|wager(?:ed|s)?|gambled?|promised?|promises|offers?|offered|risk(?:s|ed)?|pledged?|swor[en]|"
    rf"vowed)\b[^.?!]*\b(?:on|for|upon) (?:the|this|that|your|a) (?:right |correct |exact |true )?{_RESULT}\b",
)
"""A fate that is made to hang on what a sum comes to."""
