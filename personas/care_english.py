"""How danger is said in English: wishes, plans, hints and slang, each with the harmless phrases that look alike.

These are rules for `personas.care`; they read text that `care_text.plain` has made plain: small letters and no apostrophes, so
"don't" is "dont" here.
"""

# ruff: noqa: E501 -- a pattern is easier to read in one piece

from personas.care_rules import Rule, rule

_G = r"[^.!?\n;]"  # a gap stays inside the sentence
_W = r"(?: [\w,]+)"
_WISH = r"(?:want(?:ed|ing|s)?(?: to| 2)?|wanna|wana|ready to|wish i could|wish to|would like to|id like to|rather|deserve to|need to|hope (?:to|i)|dying to|feel like|feeling like|id love to|just let me)"
_OTHERS = r"(?:himself|herself|themselves|themself|yourself)"

_SUICIDE = (
    rule("suicide", r"\bkt?ms\b(?! ?(?:per|away|/|an hour))", r"\d ?kms|drive|run|ran|walk|distance"),
    rule(
        "suicide",
        r"\b(?:suicid\w*|unaliv\w*)\b(?! (?:squad|bomb|rate|prevention|door|mission|pact movie|girls|king|blonde))",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:im|i am|i feel|ive been|feeling|felt|been|am i|i was|i get|so|hes|shes|is|thoughts? of|thinking (?:of|about)|commit(?:ting|ted)?|attempt(?:ed|ing)?|considering|contemplating) suicid\w*",
        r"rate|squad|history of|novel|character|law",
    ),
    rule(
        "suicide",
        r"\b(?:kill(?:ing|ed)?|hang(?:ing|ed)?|shoot(?:ing)?|drown(?:ing|ed)?|end(?:ing)?|off(?:ing|ed)?|unaliv(?:e|ing|ed)|delet(?:e|ing)) myself\b(?! (?:laughing|in the foot|over to|for (?:forgetting|missing)))",
    ),
    rule(
        "suicide",
        rf"\b(?:kill(?:s|ing|ed)?|hang(?:s|ing|ed)?|unaliv(?:e|ing|ed)|hung|drown(?:ing|ed)?) {_OTHERS}\b",
        topical=True,
    ),
    rule(
        "suicide",
        rf"\b{_WISH}{_W}{{0,2}}? (?:die|be dead|drop dead)\b(?! (?:of|from|laughing|for|than|when|if|in (?:peace|battle|the game)|hard|with laughter))",
        r"\brather die\b|die than|sims|respawn|level|embarrass|so awkward|cringe|mortified",
    ),
    rule(
        "suicide",
        r"\bwish(?:ing)? (?:i|that i) (?:was|were|am|had|could be|would be)? ?(?:just )?(?:dead|gone|never born|not (?:here|alive|born)|never been born|never existed|died)\b|\bbetter off dead\b|\bhope i die\b|\bshould(?:ve| have)? (?:just )?(?:be|been|die[d]?|dead)\b(?= dead| instead of)|\bshould just die\b|\bnever (?:been|be) born\b|\bwish i(?:d| had)? (?:never|not)"
        r" (?:been born|existed|woken|been alive)",
    ),
    rule(
        "suicide",
        r"\b(?:dont|do not|didnt|doesnt|does not|never|no longer) (?:really |even |)?(?:want|wants|wanna|wish|care)(?: to)?(?: just)? (?:to )?(?:live\b(?! (?:in|with|near|at|there|alone|by|next|like that|on (?:campus|the))\b)|exist\b|be alive\b|keep (?:on )?living|go on living|be here any ?more|be here (?:tomorrow|next)|be around any ?more|be on this (?:earth|planet)|see tomorrow|wake up\b(?! (?:early|at|so|before|for|late|him|her|the|my)))",
    ),
    rule(
        "suicide",
        r"\b(?:tired|sick|exhausted|weary) (?:of|from) (?:living|life|being alive|existing|my life|this life)\b|\b(?:done|finished|through) with (?:life|living|my life|this life|this world)\b|\bhate (?:being alive|living|that im alive|existing)\b",
        r"living (?:in|with|at|out)",
    ),
    rule(
        "suicide",
        rf"\b(?:better|happier|fine|easier|relieved|best)\b{_G}{{0,24}}\b(?:without me\b|if i (?:was|were|wasnt|werent|died|disappeared|am) ?(?:gone|dead|here|around|not|never|$|\b)|(?:when|once|with) (?:im|me) (?:gone|dead))|\b(?:no ?one|nobody)\b{_G}{{0,25}}\b(?:miss|notice|care|cry|sad){_G}{{0,12}}\b(?:if i|when i|im gone|i died|i (?:was|were) (?:gone|dead))|\bworld{_G}{{0,15}}without me",
        r"project|meeting|party|start without me|trip|dinner|team",
    ),
    rule(
        "suicide",
        rf"\bif i (?:just |ever |suddenly )?(?:died|was gone|were gone|disappeared|wasnt here|werent here|was dead|were dead|killed){_G}{{0,40}}\b(?:better|happier|no ?one|nobody|notice|care|miss|easier|sad|anyone)",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:end|ending|ended|ends) (?:it all\b|(?:my|her|his|their) (?:own )?li(?:fe|ves)\b)|\b(?:tak(?:e|es|ing|en)|took) (?:my|her|his|their) own li(?:fe|ves)\b|\b(?:want|going|gonna|wanna|ready)(?: to)? (?:just )?end everything\b",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:never|not|dont|without)(?: ever)?(?: want to| wanna| have to)?(?: ever)? (?:wak(?:e|ing) up|woken up)\b(?! (?:early|at|for|on time|until|in time|before|him|her|the|my))|\bsleep forever\b|\bhope i (?:never|dont) wake\b|\bgo to sleep forever\b",
        r"alarm|baby|toddler|computer|laptop|for school|slept through",
    ),
    rule(
        "suicide",
        r"\b(?:no|any|see no|without) (?:good |real |more )?(?:reason|point|will|desire|purpose)(?: left)? (?:to|in|for) (?:live|living|go(?:ing)? on|be(?:ing)? alive|exist\w*|keep going|stay alive|continue living)\b|\bpoint (?:of|in) (?:living|going on|being alive|existing|my life|me being)\b|\b(?:life|living)(?: just)? (?:isnt|is not|aint|not) worth\b|\bnot worth living\b|\bnothing (?:left )?to live for\b|\bworth living any ?more\b|\breason to (?:live|stay alive)\b",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:jump(?:s|ing|ed)?|throw(?:ing)? (?:myself|herself|himself)|step(?:ping)?)(?: off| from| in front of| out of| under| into| onto)+(?: of)?(?: a| the| my| this| that| some)? (?:\w+ )?(?:bridge|building|roof|rooftop|balcony|cliff|window|ledge|traffic|oncoming|river|train tracks)\b|\b(?:jump|throw myself|step|walk)(?:ing|ed)? in(?:to)? front of (?:a|the) (?:train|bus|car|truck)\b|\b(?:want|wanna|gonna|going|about|ready)(?: to)?(?: just)? jump(?: off)?(?= *$|[.,!?])",
        r"bungee|parachut|swim|diving|pool|game|video|skydiv|parkour|base jump|kayak",
    ),
    rule(
        "suicide",
        r"\b(?:im|i am|i was|shes|hes|currently|me) (?:\w+ )?(?:standing|sitting|up|here)? ?(?:on|at|by) (?:the |a |my )?(?:edge of (?:the |a )?)?(?:\w+ )?(?:bridge|roof|rooftop|ledge|railing|train tracks|tracks|cliff|edge)\b",
        r"photo|picture|view|sunset|party|bar\b|wait|fish|traffic|drive|driving|cross|tour|hike|hiking|beautiful|lovely|fix|repair|restaurant",
    ),
    rule(
        "suicide",
        r"\boverdos(?:e|ed|ing)\b|\bod(?:ed|d|ing) on\b",
        r"caffeine|coffee|chocolate|sugar|cute|vitamin|antidote|naloxone|narcan|symptoms",
        topical=True,
    ),
    rule(
        "suicide",
        rf"\b(?:took|taken|take|taking|swallow(?:ed|ing)?|downed|saved up|saving up|stockpil\w+|hoard\w+|counting){_G}{{0,14}}\b(?:whole|entire|all|bottle|handful|bunch|every|lots|fistful)\b{_G}{{0,14}}\b(?:pills|meds|tablets|medication)\b|\b(?:pills|meds|tablets|bottle){_G}{{0,14}}\b(?:in front of me|in my hand|next to me|beside me|ready|lined up)|\b(?:stockpil\w+|hoard\w+|saving up|saved up){_G}{{0,8}}(?:pills|meds|tablets)|\bhow many{_G}{{0,24}}\b(?:die|kill me|kill a|lethal|fatal|overdose)\b",
        r"dog|cat|vet\b|as prescribed",
    ),
    rule(
        "suicide",
        r"\bnoose\b|\blethal dose\b|\bgun (?:to|in|against) my (?:head|mouth)\b|\b(?:painless(?:ly)?|quick(?:est)?|easiest|least painful|peaceful)\b[^.!?\n;]{0,16}\b(?:way|die|death|go|end)\b[^.!?\n;]{0,10}|\bways? to (?:die|kill myself|end my life|go painlessly)\b",
        r"\bdog\b|\bcat\b|\bpet\b|airport|office|station|work|shave|wax|root canal|dentist|quickest way to (?!die|kill|end my)|easiest way to (?!die|kill|end my)|quick way to (?!die|kill|end my)|peaceful way to (?!die|kill|end my|go)|way to (?:remove|get|learn|pull|take|clean|quit|stop|lose|fix)|way to go from",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:wouldnt|would not|dont|not) mind (?:if )?(?:a |i |the |getting |being )?(?:just )?(?:car|bus|truck|train|died|die|dying|dead|hit by|not waking|got hit|get hit|didnt wake)\b|\b(?:hope|wish|praying|hoping)(?: that)? (?:a |some |the |i |id )?(?:get |got |would get )?(?:car|bus|truck|train|hit by|run over|cancer)\b",
        r"on time|arrives|comes|late|driver|insurance",
    ),
    rule(
        "suicide",
        r"\b(?:goodbye|suicide|farewell) (?:note|letter)s?\b|\bgoodbye(?: cruel)? world\b|\bgoodbye (?:everyone|forever|all)\b|\blast (?:night|day) (?:on (?:this )?earth|alive)\b|\b(?:is|be) my last (?:night|day|message|post|goodbye)\b(?! (?:at|of|in|with|here at|before))|\bthis is (?:the end for me|goodbye)\b|\bfinal goodbye\b|\bsaid my goodbyes\b",
        r"see you|tomorrow|later|colleague|coworker|team|job|class|work|school|hello|vacation|holiday|soup",
        topical=True,
    ),
    rule(
        "suicide",
        r"\b(?:cant|can not|cannot|dont want to|couldnt) (?:go on|keep going|keep living|live|live like this|carry on|keep doing this life|bear living|face another day)(?: like this)?(?: any ?more| any longer| much longer|$|,)",
        r"without (?:you|coffee|music|my phone)|cant live without|hike|run|jog|gym|level|walk|diet",
    ),
    rule(
        "suicide",
        r"\bwant(?:ed)?(?: for)? (?:it|everything|it all|this all|all of it)(?: all)?(?: just)? to (?:stop|end|be over)\b|\bmake it all (?:stop|end)\b",
    ),
    rule(
        "suicide",
        r"\b(?:want|wanna|wish|going|gonna|like|need)(?: to| i could)?(?: just| could)? (?:disappear|vanish|cease to exist|stop existing|not exist)\b(?! (?:into|for a|in a|on vacation|from (?:twitter|facebook|instagram|social)))",
        r"acne|pimple|stain|file|icon|cursor",
    ),
    rule(
        "suicide",
        r"\b(?:im|i am|being|feel like|just|such|only)(?: just| only| nothing but)? (?:such )?an? (?:\w+ )?burden\b",
    ),
    rule(
        "suicide",
        r"\bplan(?:ning|ned)? (?:my|his|her) (?:own )?(?:death|suicide)\b|\b(?:think|thinking|thought|dream|dreaming|fantasi\w+) (?:about|of) (?:my (?:own )?death|dying|being dead|ending (?:it|things|everything)|not being here)\b",
        topical=True,
    ),
)

_LIMB = r"(?:wrists?|arms?|thighs?|legs?|skin|forearms?|stomach|hips?|ankles?)"
_ACCIDENT = (
    r"accident|cooking|chopping|kitchen|stove|oven|shav|garden|rose|bush|thorn|\bcat\b|\bdog\b|kitten|gym|football|soccer|basketball|playing|fell|falling|tripp|"
    r"coffee|tea\b|sun\b|sunburn|iron\b|grill|bike|paper|glass broke|slack|\boff from|workout|mosquito|fence|slipped|hot pan|bug\b|code\b|css|homework"
)

_SELF_HARM = (
    rule("self_harm", r"\bself(?: |-)?(?:harm\w*|injur\w*|mutilat\w*|inflicted)\b", topical=True),
    rule(
        "self_harm",
        r"\b(?:cut|cuts|cutting|slic\w+|slash\w*|slit\w*|burn(?:ed|ing|s|t)?|bit|bite|bites|biting|scratch\w*|hit|hits|hitting|punch\w*|hurt|hurts|hurting|harm\w*|stab\w*|chok\w*|punish\w*|injur\w*|slap\w*|starv\w*|tortur\w*) (?:my|her|him|them)(?:self|selves)\b(?! (?:some|a |short|off|out|up|free|loose|from|on|in the foot|in the race|into))",
        _ACCIDENT + r"|feelings",
    ),
    rule(
        "self_harm",
        rf"\b(?:cut(?:s|ting)?|slic\w*|slash\w*|slit\w*|burn\w*|scratch\w*|carv\w*|stab\w*)(?: on| up| into| open)? (?:my|her|his|their)(?: own)? {_LIMB}\b",
        _ACCIDENT + r"|doctor|surgeon|tattoo",
    ),
    rule(
        "self_harm",
        rf"\b(?:my|her|his) {_LIMB}\b{_G}{{0,20}}\b(?:cuts|scars|cut marks|razor)\b|\b(?:new|fresh) (?:cuts|scars)\b|\bscars\b{_G}{{0,24}}\b(?:i did it|did it myself|from cutting|i made)",
        _ACCIDENT + r"|surgery|budget|price|acne|tax",
    ),
    rule(
        "self_harm",
        r"\b(?:ive|i|im|started|keep|kept|been|back to|stop|by|about|urge to|shes|hes|with|from) (?:been |started |back |to |kept |just )*cutting\b(?= *(?:$|[,.!?]|again|since|every|when|last|for (?:years|months|weeks)|because|myself|herself|and i|to (?:feel|cope|calm|punish)))",
        r"carbs|sugar|grass|wood|bulk|calories|hair|video|budget",
    ),
    rule(
        "self_harm",
        rf"\brelapsed\b{_G}{{0,24}}\b(?:cut|cutting|self|harm|blade|burn\w*)|\b(?:want|need|miss|hide|hid|hiding|feel|urge|craving|again){_G}{{0,14}}\b(?:the|my|a) (?:blade|razor|razor blade)s?\b|\burges? to (?:cut|slice|burn|slit|(?:hurt|harm) (?:my|$))",
        r"shav|fan\b|helicopter|runner|hair|cost|corners|tie|cake|carbs|grass",
    ),
    rule(
        "self_harm",
        rf"\b(?:scratch|bite|bit|pick|punch|hit|scrape|dig|claw|cut|pinch)\w*\b{_G}{{0,40}}\b(?:until|till|til)\b{_G}{{0,16}}\b(?:bleeds?|bleeding|blood|bruised?|raw)\b",
        _ACCIDENT + r"|\bhe |\bshe ",
    ),
    rule(
        "self_harm",
        r"\b(?:bang|hit|smash|slam|beat)(?:s|ing|ed|ting)? (?:my|her|his)(?: own)? head (?:against|into|on) (?:the|a|my) (?:wall|floor|desk|door)s?\b|\b(?:keep|kept|end up|start|always|cant stop) punching (?:the |my |a )?walls?\b",
        _ACCIDENT + r"|figur|problem|error|math|exam|project",
    ),
    rule(
        "self_harm",
        r"\b(?:physical )?pain\b[^.!?\n;]{0,16}\b(?:makes|helps|lets)(?: me)? (?:feel )?(?:alive|calm|real|better|cope|relax|numb)\b",
        r"massage|workout|spicy|killer|tattoo",
    ),
)

_WHO = (
    r"(?:husband|hubby|wife|boyfriend|bf|girlfriend|gf|partner|fianc\w+|spouse|ex|dad|father|daddy|mom|mum|mother|mama|stepdad|stepfather|stepmom|stepmother|uncle|aunt|cousin|brother|stepbrother|"
    r"grandpa|grandfather|grandma|boss|manager|coach|teacher|professor|priest|pastor|doctor|roommate|flatmate|neighbou?r|parents|guys?|kids|boys?|girls?|classmates?|bully|bullies|students?|coworkers?|colleague|landlord|"
    r"he|she|they|man|men|someone|somebody|son|sister|babysitter|friends?|dude|stranger|hes|shes|theyre)"
)
_HITS = (
    r"(?:hit|hits|hitting|beat|beats|beating|punch\w*|kick(?:s|ed|ing)?|slap\w*|chok(?:e|es|ed|ing)|strangl\w*|whip\w*|shov\w*|spank\w*|smack\w*|dragg\w*|attack\w*|assault\w*|abus\w*|"
    r"rap(?:e|es|ed|ing)|molest\w*|grop(?:e|es|ed|ing)|stalk\w*|stabb\w*|bull(?:y|ies|ied|ying)|blackmail\w*|tortur\w*|burn(?:s|ed)|threatens?|threatened|threatening|harass\w*|throttl\w*|pinned)"
)
_PLAY = r"chess|race|game|match|tennis|mario|score|poker|quiz|ping pong|to the (?:exit|punch|door|finish)|hit me up|with (?:his|her) (?:kindness|words|story)|dream|wrestl|boxing|sparring|dodgeball|snowball|high five|trivia|record|idea hit|text me"
_MINE = r"(?:mom|mum|mother|sister|brother|kids?|son|daughter|child|children|baby|face|arm|head)"

_ABUSE = (
    rule(
        "abuse",
        rf"\b{_WHO}\b{_W}{{0,6}}? {_HITS} (?:and \w+ )?(?:me\b|my {_MINE}\b)(?! (?:up (?:on|when|if|later|with a|for|anytime|about)|at\b|to (?:it|the|a)\b|in (?:the )?(?:race|chess|game|back)|with (?:a )?(?:text|question|email|news)|by \w+ (?:points?|seconds?|minutes?)|over (?:a|the)))",
        _PLAY + r"|sister over|brother over",
    ),
    rule(
        "abuse",
        rf"\b(?:i|im|ive|id|me|i was|we|my (?:son|daughter|friend|sister|mom|mother|child|kid|brother|girlfriend))\b{_W}{{0,3}}? ?(?:was|were|been|being|am|im|ive been|got|getting|get|is|gets|feel|felt){_W}{{0,3}}? (?:raped|molested|groped|abused|assaulted|beaten up|beaten|trafficked|harassed|stalked|blackmailed|bullied|choked|strangled|drugged)\b",
        _PLAY + r"|to the last|team|\d-\d|league|spam|calls from",
        topical=True,
    ),
    rule(
        "abuse",
        rf"\bforc(?:e|es|ed|ing) (?:me|himself|herself|themselves|us) (?:to|into|on|onto)\b{_W}{{0,4}}? (?:sex|bed|strip|kiss|undress|sleep|me|touch|marry|porn|naked|oral)\b|\bsex\b{_G}{{0,24}}\b(?:without my consent|when i say no|i said no|against my will|dont want (?:to|it))",
        r"update|early",
    ),
    rule(
        "abuse",
        rf"\bthreat(?:en\w*|s?)(?: me)? (?:to|with|that){_W}{{0,4}}? (?:kill|hurt|hit|beat|post|share|leak|expose|burn|shoot|stab|harm|send|rape|knife|gun|violence|acid)\b|\b(?:he|she|they|hes|shes|ex|husband|boyfriend|wife|dad|father|partner)\b{_W}{{0,4}}? (?:said|says|saying|told me|swears?|swore){_W}{{0,4}}? (?:kill|hurt|shoot|beat|stab|strangle) (?:me|us|my (?:kids|family|children|mom|dog))\b",
        _PLAY + r"|jok|lol",
        topical=True,
    ),
    rule(
        "abuse",
        r"\b(?:post|leak|shar|send|spread|publish|expos|upload)\w*(?: [\w,]+){0,3}? (?:my )?(?:nudes?|naked|nude|intimate|private (?:photos?|pictures?|pics|videos?))\b",
        r"\bart\b|nude (?:color|lipstick|heels|shade)",
        topical=True,
    ),
    rule(
        "abuse",
        rf"\b(?:husband|boyfriend|partner|wife|girlfriend|father|he|she|they|dad|ex|man|boss)\b{_W}{{0,4}}? (?:wont|doesnt|dont|not|never|refuses to|didnt) (?:let|allow|allowing|letting|lets)s? me (?:to )?(?:leave (?:the )?(?:house|home|apartment|room|him|her)|leave\b|go outside|eat|see my (?:family|friends|kids))|\b{_WHO}\b{_W}{{0,4}}? (?:lock|locks|locked|locking|trap|traps|trapped|chains?|chained|tied|ties) me (?:in|inside|up|down|to)\b",
        r"locked me out|escape room|early|party|meeting|account",
    ),
    rule(
        "abuse",
        rf"\b(?:stepdad|stepfather|dad|father|uncle|teacher|coach|boss|cousin|brother|stepbrother|manager|grandpa|grandfather|priest|pastor|doctor|professor|landlord|man|guy|coworker|he|keeps?)\b{_W}{{0,5}}? touch(?:es|ed|ing)? (?:me|my (?:breasts?|thighs?|legs?|chest|privates?|private parts|body|butt))\b",
        r"words|story|kindness|song|speech|deeply|shoulder tap|letter",
    ),
    rule(
        "abuse",
        r"\b(?:im in|in|my|left|leave|leaving|escape|living with|live with|married to|have)\b(?: [\w,]+){0,2}? (?:abusive|violent) (?:\w+ )?(?:relationship|husband|wife|partner|boyfriend|girlfriend|father|mother|home|parents?|marriage|dad|mom|ex|household)\b|\b(?:he|she|husband|wife|boyfriend|dad|father|partner|hes|shes)\b(?: [\w,]+){0,4}? (?:gets|got|is|was|becomes?|being) (?:physically )?(?:violent|abusive)\b",
        topical=True,
    ),
    rule(
        "abuse",
        rf"\b(?:grab|grabb|push|pin|slam|held|hold|drag|pull)\w* me{_W}{{0,3}}? (?:by (?:the|my) (?:throat|neck|hair)|against (?:the|a) wall|down the stairs|to the (?:ground|floor))\b|\bhands? around my (?:throat|neck)\b|\b(?:knife|gun) (?:to|at|on) (?:me\b|my (?:throat|neck|head))|\b{_WHO}\b{_W}{{0,3}}? (?:throws|threw|throwing) (?:things|stuff|plates?|a \w+|\w+) at me\b",
        _PLAY + r"|ball|pillow|myself",
        topical=True,
    ),
)

_VICTIM = (
    r"(?:him|her(?! feelings)|them|people|everyone|everybody|someone|somebody|others|kids|(?:my|the|that|this|his|their|our|those)(?: (?:next door|old|stupid|fucking|whole|entire|own|damn|little|cheating|ex))? "
    r"(?:boss|wife|husband|neighbou?rs?|ex|ex-\w+|family|parents?|dad|mom|mum|father|mother|brother|sister|roommate|coworkers?|colleagues?|teacher|kids?|child|children|son|daughter|baby|girlfriend|boyfriend|partner|landlord|manager|classmates?|stepdad|stepmom|man|woman|guy|girl|bitch|bastard|friend|students?|bully|bullies|neighbor))"
)
_KILL = r"(?:kill(?:ing)?|murder(?:ing)?|stab(?:bing)?|shoot(?:ing)?|strangl(?:e|ing)|poison(?:ing)?|chok(?:e|ing)|slaughter(?:ing)?|tortur(?:e|ing)|smother(?:ing)?|drown(?:ing)?|suffocat(?:e|ing)|behead(?:ing)?|run(?:ning)? over|massacr(?:e|ing)|rap(?:e|ing))"
_PLAN = (
    r"(?:want(?:ed)?(?: to| 2)|wanna|going to|gonna|gunna|will|ill|plan(?:ning)?(?: to| on)|thinking (?:of|about)|thoughts? (?:of|about)|urges? to|feel like|ready to|about to|swear|imagin\w+|fantasi\w+|picturing|"
    r"dream(?:ing)? (?:of|about)|cant stop|afraid|scared|might|tempted to|have to|need to|how (?:can|do|to|could|would)|keep|decided to|considering|should)"
)
_GAMES = r"game|level|npc|zombie|chess|novel|story|character|spider|mosquito|cockroach|weeds|interview|episode|movie|sims|minecraft|raid|enemy|enemies|fortnite|an? (?:quick )?(?:email|text|message|dm|line|note|look|glance)|photo|portrait|film|video|laugh|joke|hospital|wedding|basketball|hoops|lol|with kindness|the lights|at (?:chess|tennis|golf|pool)|feelings"

_HARM = (
    rule(
        "harm_others",
        rf"\b{_PLAN}\b{_W}{{0,4}}? {_KILL} {_VICTIM}(?! an? )",
        _GAMES,
    ),
    rule(
        "harm_others",
        rf"\b(?:want(?:ed)?(?: to| 2)|wanna|going to|gonna|plan(?:ning)?(?: to| on)|urges? to|feel like|thoughts? (?:of|about)|thinking (?:of|about)|fantasi\w+|swear|tempted to|ready to|will|ill|cant stop){_W}{{0,3}}? (?:(?:hurt|harm|attack)(?:ing)? {_VICTIM}|beat(?:ing)? {_VICTIM} (?:up|to (?:death|a pulp)))",
        _GAMES + r"|not going to|without",
    ),
    rule(
        "harm_others",
        r"\b(?:afraid|scared|worried|terrified|fear|might)\b(?: [\w,]+){0,4}? (?:hurt|harm|hit|shake|kill|attack)(?:ing)? (?:my (?:baby|child|kids?|children|son|daughter|wife|husband|girlfriend|boyfriend|partner|mom|dad|family)|someone|somebody|people|others)\b",
        r"feelings|he might|she might|they might|hes|shes|emotionally",
    ),
    rule(
        "harm_others",
        rf"\b(?:bring\w*|tak(?:e|ing)|carry\w*|buy\w*|bought|get(?:ting)?|got){_W}{{0,2}}? (?:gun|knife|rifle|bomb|weapon|machete)s?{_W}{{0,3}}? (?:to|into|for) (?:school|work|class|the office|him|her|them|church|campus|my boss|the party|his house)\b",
        r"airport rules|kitchen|chef|cooking|game",
        topical=True,
    ),
    rule(
        "harm_others",
        rf"\b{_PLAN}{_W}{{0,3}}? (?:(?:shoot|blow|burn|light|bomb)(?:ing)?(?: up| down)?|set(?:ting)? fire to) (?:the|my|this|their|his|her|our)(?: \w+)? ?(?:school|office|house|church|building|place|workplace|mall|home|apartment|company)\b",
        r"photo|film|scene|video|game|candle|a light|fireplace",
    ),
    rule(
        "harm_others",
        r"\bmake (?:him|her|them|everyone) (?:all )?(?:suffer|bleed)\b|\bmake (?:him|her|them|everyone) (?:all )?pay\b[^.!?\n;]{0,40}\b(?:dead|kill|blood|gun|knife|die|hurt)|\b(?:theyll|they will|hell|everyone will|everyones going to)(?: all)? be dead\b|\b(?:he|she|they|someone|somebody) (?:deserves?|needs?|has|have) to die\b[^.!?\n;]{0,30}\b(?:i|ill|me)\b",
        _GAMES,
    ),
    rule(
        "harm_others",
        r"\bi (?:just |already |have |had |almost |nearly )?(?:hit|beat|punched|slapped|choked|shook|attacked|stabbed|strangled)(?: up)? my (?:girlfriend|wife|husband|boyfriend|kids?|child|son|daughter|baby|partner|mom|dad|brother|sister|mother|father)\b",
        _PLAY + r"|\bat\b|accident",
    ),
    rule(
        "harm_others",
        r"\b(?:want|wanna|going|gonna|thinking|thought|planning|ill|swear|tempted)\b(?: [\w,]+){0,4}? (?:run|running|mow|mowing) (?:him|her|them|people|my ex|my boss|my husband|my wife|everyone) (?:over|down)\b",
        _GAMES,
    ),
    rule(
        "harm_others",
        rf"\b(?:burn|blow|shoot)\w*\b{_G}{{0,24}}\bwith (?:them|him|her|everyone|people) (?:inside|in it)\b",
    ),
)

RULES: tuple[Rule, ...] = (*_SUICIDE, *_SELF_HARM, *_ABUSE, *_HARM)
