"""Default words and patterns of the rules: data that a merchandiser may correct, no behaviour.

Words are compared under :func:`kg.text.key`, so write them in the singular and without case. Patterns are
regular expressions over the lower-cased, compatibility-folded text; every repetition in them is bounded, so
that matching stays linear in the length of the text.
"""

# ruff: noqa: SIM905 - a list of words is easier to read and to correct as text

from __future__ import annotations

__all__ = [
    "COLOURS",
    "FILLER",
    "FLAVOURS",
    "KIND_HEADS",
    "MISFITS",
    "MODEL_TALK",
    "NEGATIONS",
    "OPPOSITES",
    "PACKS",
    "PRONOUNS",
    "SIZES",
    "UNSAFE",
]

# Words that leave a reason empty when nothing else is left of it.
FILLER = """
    a about add addition all also always an and another any anyone are as at be because been best
    better both buy buyer by can choice choose combination combine common commonly complement
    complementary consumer could customer delicious do each easy effective enhance enjoy enjoyable
    enjoyment essential ever every everyone excellent experience fantastic favorite favourite fit
    for from get give go good great have help helpful ideal if important improve in into is it item
    its just kind like lot love made make many may more most much must need needed nice of often on
    one option or other our out overall own pair pairing people perfect perfectly person popular
    product provide purchase quality really recommend recommended satisfy shopper should so some
    suit suitable such that the their them then there these they thing this those to together too
    type typically up use used useful user usually very want way well what when which while who will
    with wonderful work would you your
""".split()

COLOURS = """
    amber beige black blue brown coral cream cyan gold golden gray green grey ivory khaki lilac
    magenta maroon mint navy orange pink purple red rose silver tan teal transparent turquoise
    violet white yellow multicolor multicolour colorful colourful
""".split()

SIZES = """
    big bulk compact double extra family giant huge jumbo king large long medium mega mini party
    petite pocket queen regular short single size sized slim small standard super tall thick thin tiny travel
    xl xs xxl
""".split()

FLAVOURS = """
    apple banana berry blackberry blueberry caramel cherry chili chilli chipotle citrus cinnamon
    flavor flavored flavour flavoured fragranced grape grapefruit jalapeno lavender lemon lime mango
    melon mild original paprika peach pear peppermint pineapple plain raspberry rosemary salted
    scent scented sesame spearmint spicy strawberry sweet toffee tropical unflavored unflavoured
    unsalted unscented vanilla watermelon
""".split()

PACKS = """
    assorted bag bottle box bundle can carton case count ct dozen g gallon jar kg l lb liter litre
    ml multipack oz pack packet piece pk pouch quart refill roll sachet set tin tub tube value
    variety x
""".split()

# With these heads a colour or a flavour tells kinds apart (red wine, black tea, green beans): never a mere variant.
KIND_HEADS = """
    bean beer bread butter cabbage cheese chocolate coffee cream currant flour grape honey juice
    lentil meat milk oil olive onion pepper potato rice rum salt sauce seed sugar tea tomato vinegar
    water wine yogurt
""".split()

_SERIOUS = (
    r"(?:adhd|alzheimer|anaemia|anemia|arthritis|asthma|autism|bronchitis|cancer|covid|dementia|depression|"
    r"diabetes|disease|disorders?|eczema|epilepsy|gastritis|heart attack|hepatitis|high blood pressure|"
    r"hypertension|illness(?:es)?|infections?|influenza|kidney stones?|obesity|osteoporosis|parkinson|"
    r"pneumonia|psoriasis|strokes?|tumou?rs?|ulcers?|virus(?:es)?)\b"
)
_MILD = r"(?:allerg(?:y|ies)|anxiety|colds?|diarrh(?:o)?ea|fever|flu|insomnia|migraines?|reflux)\b"
_CURES = (
    r"\b(?:cur(?:e|es|ed|ing)|heal(?:s|ed|ing)?|treat(?:s|ed|ing)?|treatment (?:for|of)|prevent(?:s|ed|ing)?|"
    r"revers(?:e|es|ing)|eliminat(?:e|es|ing)|get rid of|remedy for|fight(?:s|ing)?)\b[^.!?]{0,60}\b"
)
_RELIEF = r"\b(?:reliev\w{0,4}|eas(?:e|es|ing)|reduc(?:e|es|ing)|sooth\w{0,4})\b[^.!?]{0,40}\b"
_DOSE = (
    r"\b\d{1,5}(?:\.\d{1,3})? ?(?:mg|mcg|[µμ]g|iu|milligrams?|micrograms?)\b|\b(?:dosage|dose|overdose)\b|"
    r"\btake (?:\w{1,12} ){0,3}"
    r"(?:pills?|tablets?|capsules?|drops|teaspoons?|times a day|daily|before bed)\b"
)
_SAFETY = (
    r"\b(?:safe|safely|harmless|approved) (?:\w{1,12} ){0,2}(?:for|to|on|around)\b|"
    r"\bnon-?toxic\b|\ballergen-?free\b|\b(?:suitable|gentle enough) for (?:\w{1,12} ){0,2}"
    r"(?:bab|infant|newborn|toddler|pregnan|allerg|diabet|c(?:o)?eliac)"
)
_BABY_HEALTH = (
    r"\b(?:bab(?:y|ies)|infants?|newborns?|toddlers?|pregnan(?:t|cy)|breast-?feeding|nursing mothers?)\b"
    r"[^.!?]{0,80}\b(?:colic|development|fever|health(?:y|ier)?|illness|immun\w{0,8}|medic\w{0,8})\b"
)
_PROOF = (
    r"\b(?:clinically|scientifically|medically|doctors?|dermatologists?|pa?ediatricians?)[- ]"
    r"(?:proven|tested|approved|recommend\w{0,3})\b|\bfda\b|\bguarantee[sd]?\b|\bmiracle\b|\b100 ?%"
)
_BODY = (
    r"\b(?:weight loss|lose weight|burns? fat|detox\w{0,6}|anti-?ag(?:e)?ing|"
    r"boost(?:s|ing)? (?:\w{1,12} ){0,2}(?:immun\w{0,8}|metabolism|testosterone))\b"
)

# Name, pattern, what to do; the first that matches speaks. A mild ailment goes to a person: the product may well
# be right (melatonin for insomnia) while the sentence promises too much.
UNSAFE = (
    ("cures an illness", _CURES + _SERIOUS, "DROP"),
    ("cures an ailment", _CURES + _MILD, "REVIEW"),
    ("gives a dose", _DOSE, "DROP"),
    ("promises safety", _SAFETY, "REVIEW"),
    ("speaks of health for a baby or in pregnancy", _BABY_HEALTH, "REVIEW"),
    ("claims proof or authority", _PROOF, "REVIEW"),
    ("promises a change of the body", _BODY, "REVIEW"),
    ("claims relief from an illness", _RELIEF + _SERIOUS, "REVIEW"),
)

# What a model says about itself or its task; a shopper must never read it.
MODEL_TALK = (
    r"\bas an ai\b",
    r"\blanguage model\b",
    r"\b(?:ignore|disregard|forget) (?:\w{1,12} ){0,3}(?:instructions?|above|previous|prompt)\b",
    r"\b(?:system|user|assistant) ?(?:prompt|message|:)",
    r"^(?:sure|certainly|of course|here is|here's|here are|i'm sorry|i am sorry|sorry)\b",
    r"\bi (?:cannot|can't|am unable|am not able|do not know|don't know)\b",
    r"^(?:answer|explanation|reason|output|response|subject|yes|no) ?:",
    r"[{}]|\\[nu\"]|\"\w{1,20}\" ?:|<\|",
    r"\b(?:the|this) (?:question|prompt|statement|sentence|subject|relation) (?:is|asks|says|above)\b",
)

# Two sets of words that a single reason should not promise at once ("improves alertness ... and sleep").
OPPOSITES = (
    (
        """
        alert alertness awake caffeine energize energized energizing stimulant stimulate stimulating
        wakefulness
        """.split(),
        "asleep calm calming insomnia relax relaxation relaxing sleep sleepy".split(),
    ),
)

# Words with which two opposites may stand in one true sentence ("without the caffeine that keeps you awake").
NEGATIONS = """
    after avoid before cut decaf decaffeinated despite fewer free instead less never no not off quit rather than
    unlike without
""".split()

# A sentence with one of these may speak of subject or mention without naming them.
PRONOUNS = "it its they their them this these those that both each".split()


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(" ".join(phrase.split()) for phrase in text.split(","))


_STIMULANT = _phrases(
    "caffeine, coffee, coffee bean, espresso, energy drink, cola, black tea, green tea, matcha, pre workout"
)
_DECAF = _phrases("decaf, decaffeinated, caffeine free, filter, mug, cup, machine, grinder")
_DAIRY = _phrases("milk, cream, butter, yogurt, cheese, cheddar, mozzarella, parmesan, feta")
_PLANT = _phrases(
    "lactose free, dairy free, vegan, veggie, tofu, plant, oat, soy, almond, coconut, rice, peanut, cashew, body, "
    "shea, hand, shaving, diaper, sun, milk frother, chocolate chip"
)
_MEAT = _phrases(
    "meat, beef, pork, ham, bacon, chicken, turkey, lamb, sausage, fish, salmon, tuna, shrimp, gelatin, gummy bear"
)
_WHEAT = _phrases(
    "wheat, flour, bread, bagel, pasta, spaghetti, penne, lasagna sheet, beer, couscous, cracker, pretzel, "
    "ramen noodle, naan bread, cookie"
)

# Name, words of the subject, words of the target, words of the target and of the subject that make it harmless.
MISFITS = (
    ("a stimulant for sleep", _phrases("insomnia, sleep, sleepless, bedtime"), _STIMULANT, _DECAF, ()),
    (
        "caffeine for people who avoid it",
        _phrases("cutting caffeine, caffeine free, decaf"),
        _STIMULANT,
        _DECAF,
        (),
    ),
    (
        "a medicine, honey, alcohol or caffeine for a baby",
        _phrases("baby, infant, newborn, toddler, teething, nursing, pregnancy"),
        _phrases(
            "pain reliever, melatonin, aspirin, ibuprofen, cough drop, nasal spray, honey, beer, wine, coffee, "
            "supplement, zinc tablet, essential oil, sleep aid"
        ),
        _phrases("alcohol free, shampoo, lotion"),
        _phrases("shower"),
    ),
    (
        "a food that harms pets",
        _phrases("dog, cat, puppy, kitten"),
        _phrases(
            "chocolate, grape, raisin, onion, garlic, coffee, avocado, xylitol, pain reliever, ibuprofen, aspirin, "
            "macadamia"
        ),
        (),
        _phrases("hot dog, owner"),
    ),
    (
        "dairy for people who avoid lactose",
        _phrases("lactose intolerance, lactose intolerant, lactose free"),
        _DAIRY,
        _PLANT,
        (),
    ),
    ("an animal product for vegans", _phrases("vegan, plant based"), (*_DAIRY, *_MEAT, "egg", "honey"), _PLANT, ()),
    ("meat or fish for vegetarians", _phrases("vegetarian"), _MEAT, _phrases("veggie, vegan, free"), ()),
    (
        "gluten for people who avoid it",
        _phrases("celiac, coeliac, gluten free"),
        _WHEAT,
        _phrases("gluten free, rice, corn, buckwheat, bread knife"),
        (),
    ),
)
