"""Units by the words and signs that stand for them, each with what it measures and its size in the SI unit."""

from typing import Literal

from msgspec import Struct

from app.features.research.wordlists import listed

Dimension = Literal[
    "number", "date", "clock", "ordinal", "percent", "money", "length", "mass", "time", "temperature", "angle",
    "speed", "area", "volume", "energy", "power", "voltage", "current", "frequency", "data", "pressure", "force",
]  # fmt: skip


class Unit(Struct, frozen=True):
    """One of it is `size` of the dimension's SI unit (bytes for data, the currency itself for money); Fahrenheit and
    Celsius are `size` kelvins from `zero`."""

    name: str
    dimension: Dimension
    size: float
    zero: float = 0.0


_TABLE: dict[Dimension, str] = {
    "length": """nanometre 1e-9 nanometres nanometer nanometers nm; micrometre 1e-6 micrometres micrometer micrometers µm;
        millimetre 0.001 millimetres millimeter millimeters mm; centimetre 0.01 centimetres centimeter centimeters cm;
        metre 1 metres meter meters m; kilometre 1000 kilometres kilometer kilometers km kms; inch 0.0254 inches;
        foot 0.3048 feet ft; yard 0.9144 yards yd yds; mile 1609.344 miles mi; nautical_mile 1852 nautical_miles nmi;
        fathom 1.8288 fathoms; league 4828.032 leagues; light_year 9.4607e15 light_years; parsec 3.0857e16 parsecs;
        astronomical_unit 1.495978707e11 astronomical_units au""",
    "mass": """milligram 1e-6 milligrams mg; gram 0.001 grams gramme grammes g; kilogram 1 kilograms kilogramme
        kilogrammes kilo kilos kg kgs; tonne 1000 tonnes; ton 1016.047 tons; pound_weight 0.45359237 lb lbs; ounce
        0.028349523 ounces oz; stone 6.35029318 stones""",
    "time": """nanosecond 1e-9 nanoseconds ns; microsecond 1e-6 microseconds; millisecond 0.001 milliseconds ms;
        second 1 seconds sec secs s; minute 60 minutes min mins; hour 3600 hours hr hrs h; day 86400 days; night 86400
        nights; week 604800 weeks; fortnight 1209600 fortnights; month 2629800 months; year 31557600 years yr yrs;
        decade 315576000 decades; century 3155760000 centuries; millennium 31557600000 millennia""",
    "angle": """degree 1 degrees deg; arc_minute 0.016666666667 arc_minutes arcminute arcminutes; arc_second
        0.00027777777778 arc_seconds arcsecond arcseconds; radian 57.29577951 radians""",
    "temperature": "kelvin 1 kelvins",
    "speed": """metre_per_second 1 m/s; kilometre_per_hour 0.277777778 km/h kph kmh; mile_per_hour 0.44704 mph; knot
        0.514444444 knots""",
    "area": """square_metre 1 square_metres square_meter square_meters m²; square_kilometre 1e6 square_kilometres
        square_kilometer square_kilometers km²; square_mile 2589988.11 square_miles; square_foot 0.09290304 square_feet;
        hectare 10000 hectares ha; acre 4046.8564224 acres""",
    "volume": """millilitre 1e-6 millilitres milliliter milliliters ml; centilitre 1e-5 centilitres cl; litre 0.001
        litres liter liters l; cubic_metre 1 cubic_metres cubic_meter cubic_meters m³; cubic_kilometre 1e9
        cubic_kilometres cubic_kilometer cubic_kilometers km³; gallon 0.00454609 gallons; pint 0.00056826125 pints;
        barrel 0.158987295 barrels""",
    "energy": """joule 1 joules j; kilojoule 1000 kilojoules kj; calorie 4.184 calories; kilocalorie 4184 kilocalories
        kcal; kilowatt_hour 3.6e6 kilowatt_hours kwh; electronvolt 1.602e-19 electronvolts ev""",
    "power": """watt 1 watts w; kilowatt 1000 kilowatts kw; megawatt 1e6 megawatts mw; gigawatt 1e9 gigawatts gw;
        horsepower 745.7 hp""",
    "voltage": "millivolt 0.001 millivolts mv; volt 1 volts v; kilovolt 1000 kilovolts kv",
    "current": "milliamp 0.001 milliamps ma; amp 1 amps ampere amperes",
    "frequency": "hertz 1 hz; kilohertz 1000 khz; megahertz 1e6 mhz; gigahertz 1e9 ghz",
    "data": """bit 0.125 bits; byte 1 bytes; kilobyte 1000 kilobytes kb; megabyte 1e6 megabytes mb; gigabyte 1e9
        gigabytes gb; terabyte 1e12 terabytes tb; petabyte 1e15 petabytes pb""",
    "pressure": """pascal 1 pascals pa; hectopascal 100 hectopascals hpa; kilopascal 1000 kilopascals kpa; millibar 100
        millibars mbar; bar 1e5 bars; atmosphere 101325 atmospheres atm; psi 6894.757""",
    "force": "newton 1 newtons; kilonewton 1000 kilonewtons kn",
    "percent": "percent 1 per_cent % percentage_point percentage_points",
    "money": """USD 1 dollar dollars us$ bucks usd; USD 0.01 cent cents; GBP 1 £ gbp quid; GBP 0.01 pence; GBP 0.05
        shilling shillings; EUR 1 euro euros € eur; JPY 1 yen ¥ jpy; INR 1 rupee rupees ₹ inr; CHF 1 franc francs chf;
        RUB 1 rouble roubles ruble rubles""",
}  # fmt: skip

SIGNS = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR", "us$": "USD"}
POUND = ("pound", "pounds")
"""Weight or money, which the sentence must tell."""
CELSIUS = Unit("celsius", "temperature", 1.0, 273.15)
FAHRENHEIT = Unit("fahrenheit", "temperature", 5 / 9, 255.3722222)
ONLY_GLUED = listed("g s h l j w v m au ha pa ev min ma kn mb hp pb")
"""Letters that are a unit after a figure only, not after a number in words."""


def _read() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for dimension, entries in _TABLE.items():
        for entry in entries.split(";"):
            name, size, *others = entry.split()
            unit = Unit(name, dimension, float(size))
            units |= {word.replace("_", " "): unit for word in (name.lower(), *others)}
    return units


UNITS = _read()
