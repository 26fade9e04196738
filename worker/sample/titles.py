"""Captions for the sample cuts, in the manner of the papers of the time; every name in them is invented."""

import numpy as np

_PLACES = ("Alder Creek", "Port Merrow", "Salt Fork", "Harlow", "Dunmore", "Pine Ridge", "Eastvale", "Cobb's Landing")
_NEWSPAPERS = (
    "The Alder Creek Courier",
    "The Port Merrow Beacon",
    "The Harlow Weekly Star",
    "The Pine Ridge Sentinel",
)
_SURNAMES = (
    "Whitlock",
    "Abernathy",
    "Corrigan",
    "Lindqvist",
    "Okafor",
    "Haas",
    "Delacroix",
    "Pomeroy",
    "Tanaka",
    "Reyes",
)
_FIRST_NAMES = ("Ada", "Horace", "Minnie", "Silas", "Cora", "Amos", "Luella", "Ezra", "Hattie", "Rufus")
_OFFICES = ("Judge", "Captain", "Doctor", "Professor", "Alderman", "Reverend")
_WEEKDAYS = ("Sunday", "Fair day", "Market day", "Election day")

_CAPTIONS: dict[str, tuple[str, ...]] = {
    "portrait": ("{office} {surname} of {place}", "{first} {surname}", "{first} {surname}, who spoke on Tuesday"),
    "figure": ("{first} {surname} of {place}", "{office} {surname} at {place}"),
    "people": ("The committee at {place}", "{weekday} at {place}", "Prize winners of {place}"),
    "rider": ("{office} {surname} on horseback", "The mail comes to {place}"),
    "view": ("Near {place}", "The valley above {place}", "A view of {place}"),
    "horse": ("A winner at the {place} fair",),
    "cow": ("From the {surname} dairy, {place}",),
    "sheep": ("The {surname} flock",),
    "dog": ("Lost near {place}",),
    "elephant": ("The circus is at {place}",),
    "deer": ("Seen near {place}",),
    "rooster": ("First prize, {place} poultry show",),
    "house": ("The {surname} house, {place}",),
    "church": ("The new church at {place}",),
    "factory": ("The {surname} works at {place}",),
    "blocks": ("Main Street, {place}",),
    "lighthouse": ("The light at {place}",),
    "bridge": ("The bridge at {place}",),
    "windmill": ("The old mill, {place}",),
    "capitol": ("The court house at {place}",),
    "watch": ("{surname} & Co., watches",),
    "boot": ("{surname} & Co., boots and shoes",),
    "bottle": ("{surname}'s tonic",),
    "lamp": ("Lamps at {surname}'s",),
    "teapot": ("Tea from {surname} & Co.",),
    "books": ("New books this week",),
    "vase": ("Flowers in season",),
    "flourish": ("Tail piece",),
    "star": ("Printer's ornament",),
}


def newspaper(rng: np.random.Generator) -> str:
    """Choose the paper that a cut is said to come from."""
    return str(rng.choice(_NEWSPAPERS))


def caption(rng: np.random.Generator, subject: str) -> str:
    """Word a caption for a subject."""
    forms = _CAPTIONS[subject]
    return str(rng.choice(forms)).format(
        place=rng.choice(_PLACES),
        surname=rng.choice(_SURNAMES),
        first=rng.choice(_FIRST_NAMES),
        office=rng.choice(_OFFICES),
        weekday=rng.choice(_WEEKDAYS),
    )
