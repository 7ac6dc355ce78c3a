"""What speaks of the task instead of the story: of who is asked, of how it is marked, and of the sheet it was written from."""

from __future__ import annotations

from typing import Final

_ASKED: Final = r"(?:question|problem|task|exercise|item|prompt|puzzle|quiz|scenario)"
_GRADED: Final = r"(?:graded|scored|marked|assessed|evaluated|tested|rated|examined|judged|recorded|benchmarked)"
_WORK: Final = (
    r"(?:answers?|outputs?|responses?|repl(?:y|ies)|solutions?|reasoning|performance|abilit(?:y|ies)|skills?|working|work|"
    r"results?|accuracy|arithmetic|steps?)"
)
_MIND: Final = (
    r"(?:arithmetic|maths?|mathematical|logic(?:al)?|reasoning|numeracy|comprehension|understanding|knowledge|skills?|"
    r"abilit(?:y|ies)|"
    r"attention|competence|aptitude|intelligence|memory|literacy|proficiency|how well|how you|your|whether|that (?:the|a|you))"
)
_MACHINE: Final = (
    r"(?:ai|a\.i\.|[a-z]*gpt[\w.-]*|llms?|chat ?bots?|bots?|(?:large )?language models?|neural net(?:work)?s?|artificial "
    r"intelligence|"
    r"machine learning|ai (?:models?|assistants?|systems?)|virtual assistants?|language assistants?)"
)
_TAKER: Final = (
    r"(?:candidates?|pupils?|students?|test-?takers?|participants?|examinees?|respondents?|learners?|solvers?|"
    r"subjects?|models?|contestants?)"
)
_MARKER: Final = r"(?:examiners?|graders?|markers?|evaluators?|assessors?|marking|jury|auto-?grader|checker)"
_POINTS: Final = r"(?:points?|marks?|credits?|scores?|grades?)"

EVALUATION: Final = (
    r"\byour (?:own |final |best )?(?:reasoning|performance|response|output|training|instructions|thinking|score|accuracy|"
    rf"{_MIND})\b(?! (?:room|plan|hall|day))",
    r"\b(?:previous|prior|above|system|earlier) (?:instructions|prompts?|messages?)\b|\byou (?:have been|were|are|['’]ve "
    r"been) (?:\w+ )?(?:trained|programmed|prompted|"
    r"fine-?tuned|instructed|monitored|observed)\b",
    rf"\b(?:purpose|aim|goal|point|intent|intention) of (?:this|the) (?:\w+ )?(?:{_ASKED}|test|exam)s?\b|\b{_ASKED} (?:was|"
    r"is|has been) (?:\w+ )?(?:added|included|chosen|"
    r"selected|created|constructed|crafted|taken from)\b",
    rf"\b(?:this|here|the following|next) (?:is|comes) (?:{_ASKED}|number|part) (?:\w+ )?(?:of|from|in) (?:the|a|an|our|"
    r"this) (?:\w+ )?(?:test|exam|examination|quiz|benchmark|"
    r"evaluation|assessment|series|paper)\b|\bround of (?:testing|tests|evaluation)\b|\bper question\b|\bleader-?boards?\b",
    r"\b(?:answers?|results?|repl(?:y|ies)|responses?|solutions?|guesses|guessing|mistakes?|"
    r"errors?)\b[^.?!]*\b(?:penali[sz]ed|disqualif\w+|marked (?:down|wrong)|ranked|graded|scored|rejected|"
    r"lose points)\b",
    r"\bwe (?:will |shall |are going to |then |only |also )?(?:score|grade|mark|evaluate|assess|benchmark|rate|"
    r"penali[sz]e)\b|\b(?:final|last) answer\b(?! (?:to|in|as|rounded|should|is|must|will|was|would|"
    r"comes)\b)(?!\s*[:=]\s*\S*\d)",
    rf"\b(?:most|many|some|few|all|other|only \w+) (?:{_TAKER}|people|adults|children|readers) (?:\w+ )?(?:get|fail|solve|"
    r"answer|miss|manage)s? (?:this|it|the (?:question|problem))\b",
    r"\b(?:able to|can|could|easily|cannot|can't) (?:solve|answer|crack) (?:this|it|such)\b|\b(?:detect|catch|fool|trick|"
    rf"confuse|compare|rank|beat) (?:\w+ )?(?:models|machines|bots|{_MACHINE})\b|"
    r"\b(?:a|an|the|no|any) (?:\w+ )?(?:robot|neural model)\b[^.?!]*\b(?:solve|answer|question|problem|this)\b|\bneural "
    r"(?:\w+ )?models?\b",
    r"\bno (?:hints?|aids?|help|tools?|notes) (?:is|are|will be)\b|\b(?:hints?|aids|tools|calculators?|notes) (?:is|are) "
    r"(?:not )?(?:allowed|permitted|provided|given)\b",
    rf"\b{_ASKED}s? (?:also |really |only )?(?:tests?|assess(?:es)?|measures?|evaluates?|checks?|probes?|examines?|gauges?)\b",
    rf"\b{_ASKED}s? (?:is|are|was) (?:designed|meant|intended|used|written) (?:to|for)\b",
    rf"\b{_ASKED}s? (?:is|are|belongs? to|comes? from|was taken from) (?:a |an |the |our )?(?:test|part of (?:a|an|the|our) "
    rf"(?:\w+ ){{0,2}}"
    r"(?:test|exam|evaluation|assessment|benchmark|study|experiment)|\w* ?(?:evaluation|test|benchmark|assessment|exam))\b",
    rf"\b{_ASKED} (?:number )?\d+ (?:of|out of|/) \d+",
    r"\b(?:language models?|llms?|chat ?bots?|ai (?:models?|assistants?|systems?)|artificial intelligence|neural "
    r"net(?:work)?s?|[a-z]*gpt[\w.-]*)\b",
    r"\bas an? (?:\w+ )?(?:ai|assistant|model|llm)\b",
    rf"\byou(?: are|['’]re) (?:now )?(?:an? |the )?(?:\w+ ){{0,2}}(?:{_MACHINE}|assistant|model|expert|mathematician|tutor|"
    r"solver|machine|"
    r"computer program)\b",
    r"\b(?:dear|hello|hi|hey|attention|note (?:for|to)|instructions? (?:for|to)|message (?:for|to)|ok|okay|listen|now),? "
    r"(?:the |all |my |you )?"
    rf"(?:{_MACHINE}|assistants?|models?|solvers?|machine|computer|{_TAKER}|test-?takers?)\b(?! of\b)",
    rf", (?:{_MACHINE}|assistant|model)\s*[.!?]|^\W*(?:{_MACHINE}|assistant|model),",
    r"\b(?:the|a|this|your|any|each|our) (?:ai |language |tested )?model(?:'s|s)? (?:should|must|has to|needs to|is "
    r"(?:expected|able|asked|supposed)|can|could|will|"
    r"handles?|solves?|answers?|reasons?|outputs?|responds?|performs?|gets?|understands?|knows?|fails?)\b(?! (?:\w+ "
    r")?(?:hold|carry|be (?:bought|"
    r"ordered|sold)|cost|weigh)\b)",
    r"\bwhether (?:a|the) model\b",
    rf"\byou(?: will|['’]ll| are| would| may| shall| must)? (?:now )?(?:be |being |going to be )(?:\w+ly )?{_GRADED}\b",
    rf"\b(?:being|to be|automatically|strictly) (?:\w+ly )?{_GRADED} (?:on|for|by|against|according)\b",
    rf"\byour {_WORK}\b[^.?!]*\b(?:{_GRADED}|compared|checked|verified|read)\b",
    r"\b(?:only|just) (?:the|your|a) (?:final |last |exact |correct |right )*(?:number|line|answer|result|figure|digits?|"
    r"value|word|integer|response)\b"
    rf"[^.?!]*\b(?:{_GRADED}|counts?|matters?|checked|accepted|considered|looked at|read|compared|is needed)\b",
    r"\b(?:answers?|responses?|repl(?:y|ies)|submissions?|solutions?) (?:is|are|will be|gets?|must be|should be) (?:\w+ "
    rf")?(?:{_GRADED}|compared|"
    r"checked|verified|matched)\b",
    r"\b(?:your|the|its) (?:scores?|grades?|evaluation|ratings?|marks?) (?:depends?|will|is based|are based|hinges?)\b",
    r"\bcounts? (?:towards?|for) (?:the|your|a) (?:final )?(?:grade|mark|score|result)\b",
    r"\b(?:test|exam|quiz|assessment|evaluation|check|measure|demonstration|examination) of (?:your|the model|a model|how "
    r"well|"
    r"reasoning|arithmetic|maths?|mathematical|logical|comprehension|careful|reading|numeracy|ability|knowledge|skill)\b",
    r"\b(?:this|it|that|we|here we|which) (?:also |really |only )?(?:tests?|assess(?:es)?|measures?|evaluates?|checks?|"
    rf"probes?|examines?|gauges?) (?:\w+ ){{0,2}}?{_MIND}\b",
    r"\bthis is (?:just |only |merely )?an? (?:\w+ )?(?:test|quiz|exam|assessment|evaluation|benchmark|trick question)\b(?! "
    r"of the| at the)",
    r"\btrick question\b|\b(?:test|exam|quiz|benchmark|evaluation) (?:question|item|suite|set|prompt|case|purposes)s?\b",
    r"\b(?:points?|marks?|credits?) (?:will be|are|is|shall be|can be|may be) (?:\w+ )?"
    r"(?:deducted|awarded|given|lost|subtracted|earned|taken off|granted)\b",
    r"\b(?:full|partial|extra|no|bonus|half) (?:\w+ )?(?:marks|credit|points) (?:is|are|will|for|if|only|requires?)\b|\bfor "
    r"full (?:marks|credit)\b|"
    r"\bpartial credit\b|\b(?:pass(?:ing)?|failing|top|perfect) (?:score|mark|grade)\b",
    r"\b(?:worth|scores?|earns? you|carries) \w+ (?:points|marks)\b(?=[^.?!]*\b(?:answer|question|correct|exam|test)\b)",
    r"\b(?:correct|right|wrong|exact|perfect) (?:answers?|results?|repl(?:y|ies)|solutions?|responses?) (?:earns?|scores?|"
    r"costs?|is worth|are worth|counts?|gets?|"
    rf"brings?|gives?|wins?|loses?) |\b{_POINTS} (?:for|per) (?:a|the|each|every) (?:correct|right|wrong) (?:answer|result|"
    r"reply|response)",
    r"\b(?:check(?:ing)?|test(?:ing)?|see(?:ing)?|assess(?:ing)?|evaluat(?:e|ing)|find(?:ing)? out|know|measur(?:e|ing)) "
    r"(?:whether|if|that|how well|how) you (?:can|are able|know|understand|reason|do|follow|handle)\b|\bhow well you\b|"
    r"\b(?:see|test|check|find out|know) how (?:good|well|fast|quickly|smart|clever|careful\w*|accurate\w*) you(?:r)?\b",
    r"\b(?:show|prove|demonstrate) (?:us )?(?:that )?you (?:can|know|understand|are able)\b|\bthat (?:the |a )?(?:student|"
    r"pupil|reader|candidate|learner) (?:has |have )?"
    r"(?:understood|understands|mastered|learnt|learned|can)\b",
    rf"\b{_MARKER}\b[^.?!]*\b(?:answers?|responses?|solutions?|steps?|number|work(?:ing)?)\b",
    r"\b(?:answer key|marking scheme|test set|evaluation set|held-out|benchmark|exam(?:ination)? (?:question|conditions)|"
    r"(?:as|like|would) (?:\w+ ){0,2}in an? (?:exam|examination|test|quiz)|reference (?:solution|answer)|ground truth|exact "
    r"match)\b",
    r"\bbeing (?:evaluated|tested|graded|assessed|examined)\b|\b(?:tests?|evaluates?|assess(?:es)?) (?:your|whether you|how "
    r"you)\b",
    r"\bchain[- ]of[- ]thought\b|\bscratch-?pad\b|\\boxed|\b(?:final )?answer in (?:a|the) box\b|\bbox(?:ed)? (?:your|"
    r"final) (?:final )?answer\b",
    r"\bthink(?:ing)? (?:it through |carefully |hard )?(?:step[ -]by[ -]step|out loud|aloud|before (?:you|answering|"
    r"giving))\b|\breason(?:ing)? (?:it |this )?(?:through |out )?(?:in steps|"
    r"step[ -]by[ -]step|aloud|carefully before)\b|\btake a deep breath\b|\bshow (?:me |us )?(?:your|all (?:your|the)|every|"
    r"each) (?:\w+ )?(?:work(?:ing)?s?|steps?|reasoning|"
    r"thoughts?|chain|calculations?)\b|\bexplain your (?:answer|reasoning|steps|working|thinking)\b|\banswer (?:carefully|"
    r"honestly|truthfully|concisely)\b",
    r"\b(?:respond|reply|answer|output|return|print) (?:only )?(?:as an? |with (?:only |just |nothing but )?|only |just "
    r")(?:an? |the |one )?(?:\w+ ){0,2}?(?:number|integer|"
    r"digits?|json|assistant|model|final answer|word|single|value)\b",
    rf"\b{_TAKER} (?:have|has|are|is|must|should|may|who|will|need)\b[^.?!]*\b(?:this (?:question|problem|item|task|test|"
    r"exam)|the (?:question|exam|test)|answers?|"
    r"minutes for|get this|calculators?|points?|marks)\b",
    r"\b(?:do not|don't|never|no|without|not allowed to) (?:use |using |a )?(?:\w+ )?(?:guess|calculators?)\b",
    r"\bgrade (?:will|depends?)\b|\bthe grade\b",
    r"\b(?:graders?|evaluators?|examiners?|assessors?) (?:expects?|will|wants?|want|checks?|looks?|only|compares?|reads?)\b",
    r"\b(?:on|for|in|of|during) (?:this|the|our) (?:\w+ )?(?:assessment|test|exam|examination|quiz|benchmark|evaluation|"
    r"experiment)\b"
    r"(?=[^.?!]*\b(?:question|answer|you|your|calculator|score|point)\b)|"
    r"\b(?:on|for|in|of|during) this (?:\w+ )?(?:assessment|test|exam|examination|quiz|benchmark|evaluation)\b",
    r"\byour (?:scores?|accuracy|performance|success rate) (?:is|are|will be)\b",
)  # fmt: skip
CASED_EVALUATION: Final = (r"\bAIs?\b", r"\bLLMs?\b")
"""As EVALUATION, but as written."""

_LABEL: Final = (
    r"(?:(?:problem|question|task|scenario|topic|target|output|answer|response|input|reply|difficulty|grade|prompt|system|"
    r"user|story|word|final|"
    r"step|reasoning|learning|expected|sample|example|correct|number of|estimated|skill|math)(?: (?:statement|text|"
    r"description|format|level|tag|count|"
    r"steps?|type|id|number|title|prompt|message|objective|answer|solution|category|output|problem|question|area|length))?|"
    r"sections?|persona|tone|"
    r"format|instructions?|topics?|domain|skills?|(?:target )?audience|constraints?|metadata|seed|keywords?|template|"
    r"placeholder|variables?|"
    r"assistant|example|title|context|answer|solution|hint|category|difficulty|steps|theme|genre|language|style|setting|"
    r"background|level|tags?|"
    r"q|a|exercise|rationale|explanation|output|input|objective|requirements?|version)"
)
_OPENING: Final = r"(?:^|[.?!]\s)\W*"
# A result that is told after its label is a leak, which is for structure to find.
_TELLS: Final = (
    r"(?!\W*(?:(?:final|correct|right|expected) )?(?:answer|result|solution|hint|outcome)(?: [a-z]+)?\s*[:=][^\n.!]{0,25}\d)"
)
_OURS: Final = (
    r"(?:question|problem|task|exercise|item|prompt|puzzle|quiz|scenario|version|story|draft|rewrite|text|example|one)"
)
_MADE: Final = (
    r"(?:created|written|wrote|generated|rewritten|rewrote|made|produced|composed|prepared|drafted|revised|reworded|"
    r"reworked|adapted|"
    r"designed|come up with|came up with|put together|updated|changed|modified)"
)
_FRESH: Final = (
    r"(?:revised|rewritten|new|updated|final|modified|improved|alternative|second|next|corrected|adapted|"
    r"original|first|paraphrased)"
)

RESIDUE: Final = (
    rf"{_OPENING}(?:now,? |ok(?:ay)?,? |first,? )?let(?:['’]s| me| us) (?:now )?(?:create|write|make up|craft|design|"
    r"generate|come up with|imagine|compose|draft|build) ",
    r"\b(?:would|['’]d) be (?:happy|glad|pleased|delighted) to\b|\bif you (?:need|want|would like|['’]d like|have|require) "
    r"(?:\w+ )?(?:further|more|another|other|any|additional|changes|"
    r"questions|exercises|problems|a different)\b|\bjust (?:ask|let me know|say the word)\b",
    rf"{_OPENING}here (?:you go|you are|it is|goes|they are)\b|\b(?:hopefully|i trust|i believe|i hope) (?:this|that|it|the "
    r"\w+) (?:is|meets|fits|works|helps|suits|does)\b",
    rf"\b(?!one\b)(?:{_OURS}|solution|answer)s? (?:(?:is|are|reads?|goes|runs) )?(?:as follows|below|follows|given below|"
    r"attached)\b",
    rf"(?:^|[.?!]\s){_TELLS}\W*(?:[\w-]+ )?(?:type|format|output|word count|limit|description|statement|template|answer|"
    r"solution|problem|"
    r"question|characters|protagonists?|plot|word limit|answer type)"
    r"(?: (?:type|format|name))?\s*:",
    r"\b(?:variation|variant|version|option|draft|take|part|sample|iteration|attempt) \d+ (?:of|/|out of) \d+|\((?:end|"
    r"start|begin|beginning|omitted|blank|cut|fin|the end)\)",
    rf"{_OPENING}(?:{_ASKED} )?(?:type|category|template|difficulty|level|id|variant)\s*[:=]",
    rf"(?:^|[.?!]\s){_TELLS}\W*{_LABEL}(?: ?#?\d+)?\s*(?:\([^)]*\)\s*)?[:=](?!\d)",
    r"(?:^|\s)#{1,6}\s+[A-Za-z]|^\s*\*\*[^*\n]{1,60}\*\*|(?:^|\s)(?:---+|===+|\*\*\*+)(?:\s|$)|```|<\|\w+\|>|</?s>",
    r"\[/?(?:start|end|begin|beginning)(?: of)?(?: the| this)? ?\w*\]|\b(?:start|end|beginning) of (?:the |this "
    rf")?(?:{_OURS}|prompt|output|response|message)\b",
    r"\b(?:sample|example|placeholder|dummy|generated|synthetic) (?:word )?(?:question|problem|task|scenario|item|text)s?\b",
    r"\b(?:category|difficulty|template|persona|output format|step count|tone|topic)\s*[:=]\s*\w+|\b(?:number of steps|"
    r"steps)\s*[:=]\s*\d",
    r"\((?:(?:difficulty|level|topic|category|type|steps?|grade|version|variant)\b[^)]*|\w+-step[^)]*|(?:easy|medium|"
    r"hard)(?: \w+)?)\)",
    r"\b(?:here is|here['’]s|here are|below is|below are|this is|that is) (?:a|an|your|the|another|my|our|some|two|three|"
    rf"four|five|\d+) (?:\w+[- ]){{0,3}}?(?:word |maths? )?"
    rf"(?:{_ASKED}|version|rewrite|draft|story problem)s?\b",
    rf"\bbelow,? (?:you(?: will|['’]ll| can)? find|follows|is|are)\b[^.?!]*\b{_OURS}s?\b|\b(?:find|see) (?:below|attached) "
    rf"(?:\w+ ){{0,3}}{_OURS}s?\b",
    r"\b(?:word|story) problems?\b",
    rf"\b{_ASKED} ?(?:#|no\. ?)\d+",
    rf"{_OPENING}(?:{_ASKED}|example|exercise) \d+\s*[.:)]",
    rf"\b(?:solve|answer|consider|complete) (?:the|this) following (?:\w+ ){{0,2}}{_ASKED}\b",
    rf"{_OPENING}(?:sure|certainly|of course|absolutely|gladly|no problem|great question|good question|excellent question|"
    r"great choice|"
    r"understood|got it|with pleasure|happy to help|glad to help|my pleasure)(?: thing)?(?:!|[,.] (?:here|below|i\b|let))",
    r"\b(?:glad|happy|pleased) to (?:help|assist|create|generate|revise|adjust)\b",
    r"\bhope (?:this|that|it|these) (?:\w+ )?(?:helps?|works|is (?:helpful|useful|what|clear|ok\w*)|answers|meets|fits|"
    r"suits|clarifies)\b",
    r"\blet me know (?:if|whether|should) (?:you(?:['’]d| would| want| need| have| prefer| like| wish)|this|that works|it "
    r"(?:works|needs|helps)|there is anything|any(?:thing)?|more)\b",
    r"\bfeel free to (?:ask|modify|adjust|change|reach|let|edit|adapt|request|use)\b|\b(?:is there )?anything else (?:i|"
    r"you)\b|\bwould you like (?:me to|another|more|a different)\b",
    rf"{_OPENING}as (?:you )?(?:requested|asked|instructed|wished|specified|desired)\b|\b(?:per|at|on|upon) your (?:request|"
    r"instructions)\b",
    rf"\bI(?:['’]ve| have| did|['’]ll| will|['’]m)? (?:\w+ )?{_MADE} (?:a|an|the|your|this|two|three|some) (?:[\w-]+ "
    rf"){{0,3}}{_OURS}s?\b",
    r"\b(?:generated|written|created|produced|made|composed|drafted|authored) (?:by|with|using|through) (?:an? |the "
    rf")?(?:\w+ )?{_MACHINE}(?![a-z])",
    r"\b(?:generated|written|created|produced|composed) (?:automatically|by (?:a )?(?:machine|computer|script|program|"
    r"model|software))\b",
    r"\bnote to (?:self|author|editor|writer)\b|\b(?:author|editor)['’]s note\b",
    rf"\b{_FRESH} (?:version|problem|draft|question|story|exercise|item|text)s?\s*:|\b(?:version|variant|draft) \d+ of the "
    rf"{_OURS}\b",
    r"\{\{.*?\}\}|\{%.*?%\}|\$\{\w+\}|(?<!\w)\{[a-z_]\w*\}|%\([a-z_]+\)s|<<\w[\w ]*>>",
    r"\[(?:[a-z]+[ _])?(?:insert|your|name|first name|company|date|place|placeholder|product|number|city|location|item|"
    r"person|amount|unit|object|blank|problem|question|topic|x+)(?:[ _][a-z _]*)?\d*\]",
    r"<\s*/?(?:[a-z]+[ _])?(?:insert|your|name|placeholder|product|number|location|item|person|amount|unit|date|problem|"
    r"question|answer|story|context)(?:[ _][a-z _]*)?\d*\s*>",
    r"\blorem ipsum\b|\bdolor sit amet\b|\bfoo ?bar\b",
    r"\bx{3,}\b|\b(?:todo|tbd|tbc|fixme)\b|_{4,}",
    r"\b(?:fill in|replace|insert) (?:the |your |a )?(?:name|blank|number|value|placeholder|company|product)s?\b",
)  # fmt: skip
CASED_RESIDUE: Final = (r"\[[A-Z][A-Z0-9_ ]{2,}\]", r"<[A-Z][A-Z0-9_ ]{2,}>")
"""A slot left open in capitals, which small letters do not make one ("[as agreed]")."""
