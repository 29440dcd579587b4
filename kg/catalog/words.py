"""Closed word lists of English retail titles: words that qualify, measure or sell, but do not name a product."""

from __future__ import annotations

__all__ = ["COLOURS", "CONNECTIVES", "COUNTED", "FORMS", "QUALIFIERS", "UNITS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# End a phrase: what stands before and after them are different things.
CONNECTIVES = _words(
    """
    a all an and approx at by count ct for from in no non not of on one or over pack packs pc pcs per plus set
    size style the to type with without
    """
)
# Measures; after a number also the words in the second half ("100 sheets").
UNITS = _words(
    """
    cl cm db fl floz ft g gal gb hz inch inches iu kg lb lbs mah mb mcg mg ml mm oz ply pt qt ram tb yd
    """
)
COUNTED = _words(
    """
    bags box boxes caplets capsules case cubes cup cups feet foot gallon gallons inch inches m month months
    ounce ounces pad pads pair pairs piece pieces pint quart roll rolls sheet sheets slice slices softgels
    tablets tin v w watt watts x yard yards year years
    """
)
COLOURS = _words(
    """
    aqua beige black blue bronze brown burgundy charcoal clear copper coral cream cyan gold gray green grey
    ivory khaki lavender magenta maroon mint multicolor multicolour navy nickel olive orange pink purple red
    rose sand silver tan teal turquoise violet white yellow
    """
)
# Sizes, audiences, diets, finishes, materials, praise: no product type begins or ends with one of these.
QUALIFIERS = _words(
    """
    2xl added adjustable adult assorted automatic bamboo basic best big boy boys bulk bundle casual chunky
    classic cold combo cooked cotton crunchy cute decaf decorative deluxe digital disposable double dried
    durable duty eco elegant essential ethnic everyday extra family fashion fat fat-free fine fresh frozen full
    genuine giant gift girl girls glass gluten-free grain-free grated half heavy hot jumbo kid king large
    leather light lightly little long loose low lowfat luxury man medium men mens metal mild mini modern
    moisture natural new nonstick novelty organic original outdoor party personalized plain plastic plus plush
    portable premium pro professional pure quality queen raw real refill regular replacement reusable roast
    roasted salted scented senior sensitive sexy short silicone simple single size sleeve sliced slim small
    smooth soft solid stainless standard steel streak-free strong style sugar-free super sweet tear-free thick
    thin traditional travel twin ultra unisex universal unsalted unscented unsweetened value variety vegan
    vegetarian vintage virgin waist waterproof wide wired wireless woman women womens wood wooden xl xs xxl xxxl
    zero
    """
)
# How a thing is made up: a head only where the category says so ("dishwasher tablets").
FORMS = _words(
    """
    bar block capsule carton chunk cube fillet jar kernel net pad pearl pellet pod pouch powder roll selection
    sheet slice softgel spray strip tablet tin tub wedge
    """
)
