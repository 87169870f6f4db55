"""What questions for the app's own tools are made of: calculations in words and signs, places, festivals and units.

A form of a calculation gives the words of the question and the expression that the calculator reads; where it reads the words as
they stand, both are the same.
"""

import random
from collections.abc import Callable, Mapping

from training.generate import pools
from training.generate.clauses import joined

Calculation = Callable[[random.Random], tuple[str, str]]

PLACES: tuple[str, ...] = (
    "London", "Paris", "New York", "Sydney", "Berlin", "Moscow", "Dubai", "Singapore", "Hong Kong", "Los Angeles", "Chicago",
    "Toronto",
    "Mexico City", "Sao Paulo", "Buenos Aires", "Cairo", "Johannesburg", "Nairobi", "Lagos", "Istanbul", "Athens", "Rome",
    "Madrid",
    "Lisbon", "Amsterdam", "Brussels", "Vienna", "Prague", "Warsaw", "Stockholm", "Oslo", "Helsinki", "Copenhagen", "Dublin",
    "Zurich", "Budapest", "Kyiv", "Tehran", "Karachi", "Delhi", "Mumbai", "Dhaka", "Bangkok", "Jakarta", "Manila", "Seoul",
    "Shanghai", "Beijing", "Taipei", "Auckland", "Melbourne", "Brisbane", "Perth", "Honolulu", "Vancouver", "Denver", "Lima",
    "Bogota",
    "Santiago", "Caracas", "Havana", "Reykjavik", "Casablanca", "Accra", "Addis Ababa", "Kathmandu", "Colombo", "Japan",
    "Germany",
    "South Korea", "India", "Kenya", "Norway", "UTC", "UTC+8", "Europe/Paris", "Asia/Tokyo", "America/New_York", "Egypt",
    "Iceland",
)  # fmt: skip
FESTIVALS: tuple[str, ...] = (
    "Christmas", "Halloween", "Valentine's Day", "Thanksgiving", "New Year's Eve", "New Year's Day", "Mother's Day",
    "Father's Day",
    "Labor Day", "Christmas Eve", "Chinese New Year", "the Mid-Autumn Festival", "the Dragon Boat Festival",
    "the Lantern Festival",
    "the winter solstice", "the summer solstice", "National Day", "Women's Day", "the Spring Festival",
)  # fmt: skip
PERIOD_UNITS: Mapping[str, int] = {"days": 500, "weeks": 60, "months": 40, "years": 30}
"""Units of time, and the most of each that is asked for."""

UNIT_PAIRS: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("miles", "mi"), ("km", "kilometers", "kilometres"), ("meters", "m"), ("yards",), ("feet", "ft"), ("nautical miles",)),
    (("inches", "in"), ("cm", "centimeters"), ("mm", "millimeters"), ("feet",)),
    (("kg", "kilograms", "kilos"), ("pounds", "lbs", "lb"), ("stone",), ("grams", "g"), ("ounces", "oz")),
    (("°C", "Celsius", "degrees Celsius"), ("°F", "Fahrenheit", "degrees Fahrenheit"), ("kelvin",)),
    (("liters", "litres", "l"), ("gallons", "US gallons"), ("ml", "milliliters"), ("pints",), ("quarts",)),
    (("cups",), ("ml", "milliliters"), ("tablespoons",), ("teaspoons",), ("fl oz",)),
    (
        ("acres",),
        ("hectares", "ha"),
        ("square meters", "m2"),
        ("square feet", "sq ft"),
        ("square kilometers",),
        ("square miles",),
    ),
    (("km/h", "kph"), ("mph", "miles per hour"), ("knots",), ("m/s", "meters per second")),
    (("hours",), ("minutes",), ("seconds",), ("days",), ("weeks",)),
    (("GB", "gigabytes"), ("MB", "megabytes"), ("TB", "terabytes"), ("KB",), ("GiB",)),
    (("kWh",), ("joules",), ("kcal",), ("kJ",)),
    (("bar",), ("psi",), ("kPa",), ("atmospheres",), ("mmHg",)),
    (("hp", "horsepower"), ("kW", "kilowatts"), ("watts",)),
    (("mpg",), ("l/100km",)),
    (("light years",), ("astronomical units",), ("km",)),
    (("degrees",), ("radians",)),
)
"""What measures the same, each unit with the names that people give it."""
UNKNOWN_UNITS: tuple[str, ...] = ("smoots", "blips", "flurbs", "bananas", "zorks", "glims")


def _n(rng: random.Random, low: int = 2, high: int = 9999) -> str:
    """A number as people write it: whole, with separators, or with decimals."""
    chance = rng.random()
    if chance < 0.55:
        return str(rng.randint(low, min(high, 999)))
    if chance < 0.75:
        return f"{rng.randint(low, high):,}"
    return f"{rng.uniform(low, min(high, 999)):.{rng.choice((1, 1, 2))}f}"


def _percent(rng: random.Random) -> str:
    return f"{rng.choice((rng.randint(1, 95), rng.randint(1, 95), rng.randint(2, 190) / 2, rng.randint(10, 999) / 10)):g}"


def _percentage(rng: random.Random) -> tuple[str, str]:
    share, whole = _percent(rng), _n(rng, 10, 99_999)
    sign = rng.choice(("%", "%", "%", " percent"))
    return f"{share}{sign} of {whole}", f"{share}{sign} of {whole}"


def _signs(rng: random.Random) -> tuple[str, str]:
    parts = [_n(rng)]
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        parts += [rng.choice(("+", "-", "*", "/", "×", "x")), _n(rng)]
    expression = " ".join(parts) if rng.random() < 0.8 or "x" in parts else "".join(parts)
    return expression, expression


def _brackets(rng: random.Random) -> tuple[str, str]:
    a, b, c, d = (_n(rng, 2, 200) for _ in range(4))
    inner, outer = rng.choice("+-"), rng.choice("*/")
    expression = rng.choice(
        (f"({a} {inner} {b}) {outer} {c}", f"{c} {outer} ({a} {inner} {b})", f"({a} {inner} {b}) {outer} ({c} + {d})")
    )
    return expression, expression


def _in_words(rng: random.Random) -> tuple[str, str]:
    first, last = _n(rng), _n(rng)
    if rng.random() < 0.35:
        return rng.choice(
            (
                (f"Add {first} and {last}.", f"{first} + {last}"),
                (f"Please add {first} to {last}.", f"{last} + {first}"),
                (f"Subtract {first} from {last}.", f"{last} - {first}"),
                (f"Multiply {first} by {last}.", f"{first} * {last}"),
                (f"Could you divide {first} by {last}?", f"{first} / {last}"),
                (f"What do {first} and {last} add up to?", f"{first} + {last}"),
            )
        )
    expression = f"{first} {rng.choice(('plus', 'minus', 'times', 'divided by'))} {last}"
    return expression, expression


def _power(rng: random.Random) -> tuple[str, str]:
    base, exponent = rng.randint(2, 40), rng.randint(2, 12)
    return rng.choice(
        (
            (f"{base} to the power of {exponent}", f"{base}^{exponent}"),
            (f"{base}^{exponent}", f"{base}^{exponent}"),
            (f"{base} squared", f"{base}^2"),
            (f"{base} cubed", f"{base}^3"),
        )
    )


def _root(rng: random.Random) -> tuple[str, str]:
    number = _n(rng, 2, 5000)
    forms = (
        (f"the square root of {number}", f"sqrt({number})"),
        (f"sqrt({number})", f"sqrt({number})"),
        (f"the cube root of {number}", f"cbrt({number})"),
    )
    return rng.choice(forms)


def _called(rng: random.Random) -> tuple[str, str]:
    number, other = rng.randint(2, 15), rng.randint(2, 12)
    big = rng.randint(20, 900)
    angle = rng.choice((10, 20, 30, 45, 60, 75, 90))
    forms = (
        (f"{number} factorial", f"{number}!"), (f"{number}!", f"{number}!"), (f"the factorial of {number}", f"{number}!"),
        (f"{big} mod {other}", f"{big} mod {other}"), (f"the remainder of {big} divided by {other}", f"{big} mod {other}"),
        (f"the sine of {angle} degrees", f"sin({angle}°)"), (f"cos({angle}°)", f"cos({angle}°)"),
        (f"the natural log of {big}", f"ln({big})"),
        (f"log({big})", f"log({big})"), (f"the absolute value of -{big}", f"abs(-{big})"),
    )  # fmt: skip
    return rng.choice(forms)


def _listed(rng: random.Random) -> tuple[str, str]:
    numbers = [_n(rng, 1, 500) for _ in range(rng.randint(3, 6))]
    numbers = [number.replace(",", "") for number in numbers]
    said, inside = joined(numbers), ", ".join(numbers)
    forms = (
        (f"the average of {said}", f"mean({inside})"), (f"the mean of {said}", f"mean({inside})"),
        (f"the sum of {said}", " + ".join(numbers)),
        (f"Add up {said}.", " + ".join(numbers)), (f"Which is the largest of {said}?", f"max({inside})"),
        (f"the smallest of {said}", f"min({inside})"),
    )  # fmt: skip
    return rng.choice(forms)


def _shares(rng: random.Random) -> tuple[str, str]:
    number = rng.choice((str(rng.randint(10, 9000)), f"{rng.randint(1000, 9000):,}"))
    said, expression = rng.choice((("half of {}", "{} / 2"), ("a quarter of {}", "{} / 4"), ("a third of {}", "{} / 3"),
        ("three quarters of {}", "{} * 3/4"), ("two thirds of {}", "{} * 2/3"), ("twice {}", "2 * {}"),
        ("a tenth of {}", "{} / 10")))  # fmt: skip
    return said.format(number), expression.format(number)


def _changed(rng: random.Random) -> tuple[str, str]:
    price, share = _n(rng, 5, 5000), _percent(rng)
    thing = rng.choice(("jacket", "bike", "laptop", "sofa", "phone", "ticket", "lamp", "coat", "table"))
    forms = (
        (f"{price} plus {share}%", f"{price} + {share}%"), (f"{price} + {share}%", f"{price} + {share}%"),
        (f"{price} minus {share}%", f"{price} - {share}%"),
        (f"Increase {price} by {share}%.", f"{price} + {share}%"),
        (f"Reduce {price} by {share} percent.", f"{price} - {share}%"),
        (f"A {thing} costs ${price} and is {share}% off. What do I pay?", f"{price} - {share}%"),
        (f"The {thing} is ${price} before {share}% tax. How much is it with tax?", f"{price} + {share}%"),
        (f"How much is a {share}% tip on ${price}?", f"{share}% of {price}"),
        (f"My bill is ${price}. What is a tip of {share}%?", f"{share}% of {price}"),
        (f"I earn ${price} and get a raise of {share}%. What is my new pay?", f"{price} + {share}%"),
    )  # fmt: skip
    return rng.choice(forms)


def _story(rng: random.Random) -> tuple[str, str]:
    a, b, c = rng.randint(2, 60), rng.randint(2, 60), rng.randint(2, 30)
    money = f"{rng.randint(200, 50_000) / 100:.2f}"
    name = rng.choice(pools.FIRST_NAMES)
    forms = (
        (f"I have {a} boxes with {b} eggs each. How many eggs is that?", f"{a} * {b}"),
        (f"{name} has {a} apples and buys {b} more. How many are there?", f"{a} + {b}"),
        (f"We split a bill of ${money} between {c} people. How much does each pay?", f"{money} / {c}"),
        (f"{c} tickets cost ${money} each. What is the total?", f"{c} * {money}"),
        (f"There are {a * c} seats in {c} equal rows. How many are in a row?", f"{a * c} / {c}"),
        (f"{name} works {a} hours a week at ${b} an hour. What does {name} earn in {c} weeks?", f"{a} * {b} * {c}"),
        (f"A room is {a} m by {b} m. How large is it?", f"{a} * {b}"),
        (f"If I save ${b} a month, how much do I have after {c} months?", f"{b} * {c}"),
        (f"I had ${money} and spent ${c}. How much is left?", f"{money} - {c}"),
        (f"I drove {a * b} miles in {c} hours. How many miles an hour is that?", f"{a * b} / {c}"),
        (f"A pack of {c} costs ${money}. How much is one?", f"{money} / {c}"),
        (f"There are {a} rows of {b} chairs and {c} extra ones. How many chairs are there?", f"{a} * {b} + {c}"),
    )  # fmt: skip
    return rng.choice(forms)


def _millions(rng: random.Random) -> tuple[str, str]:
    tenths, other = rng.randint(11, 95), rng.randint(2, 40)
    return f"{tenths / 10:g} million divided by {other}", f"{tenths * 100_000} / {other}"


CALCULATIONS: tuple[Calculation, ...] = (
    _percentage, _percentage, _percentage, _signs, _signs, _signs, _brackets, _in_words, _in_words, _power, _root, _called,
    _listed,
    _shares, _changed, _changed, _story, _story, _millions,
)  # fmt: skip
"""The forms of calculations, the frequent ones more than once."""
