"""Amounts in sentences, and whether two sentences agree on them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.research.quantities import compare, quantities


@pytest.mark.parametrize(("said", "dimension", "value"), [
    ("It took five weeks.", "time", 3024000), ("It runs for 1.5 km.", "length", 1500), ("a dozen eggs", "number", 12),
    ("two million people", "number", 2e6), ("It cost $20,000.", "money", 20000), ("It cost 20,000 pounds.", "money", 20000),
    ("It weighs two pounds.", "mass", 0.90718474), ("half a degree", "angle", 0.5), ("ten minutes of arc", "angle", 1 / 6),
    ("every seven and a half seconds", "time", 7.5), ("two thirds of a degree", "angle", 2 / 3),
    ("thirty-nine seconds", "time", 39), ("It rose by 12 per cent.", "percent", 12), ("20 °C outside", "temperature", 293.15),
    ("98.6 degrees Fahrenheit", "temperature", 310.15), ("two hundred and five ships", "number", 205),
    ("half a million men", "number", 5e5), ("£3bn a year", "money", 3e9), ("1 234 567 people", "number", 1234567),
    ("at 60 mph", "speed", 26.8224), ("It fell to -5 degrees Celsius.", "temperature", 268.15), ("at 10:30 pm", "clock", 1350),
    ("sixteen hundred men", "number", 1600), ("the second voyage", "ordinal", 2), ("In 1500 men died.", "date", 1500.5),
])  # fmt: skip
def test_an_amount_comes_to_what_it_says(said, dimension, value):
    found = quantities(said)

    assert [one.dimension for one in found] == [dimension]
    assert found[0].value == pytest.approx(value, rel=1e-4)


@pytest.mark.parametrize(("said", "low", "high"), [
    ("in 1714", 1714, 1715), ("in the 18th century", 1700, 1800), ("the eighteenth century", 1700, 1800),
    ("the 1750s were dry", 1750, 1760), ("In 44 BC he died.", -44, -43), ("on 14 March 2021", 2021.2016, 2021.2043),
    ("on March 14, 2021", 2021.2016, 2021.2043), ("2021-03-14", 2021.2016, 2021.2043), ("November 1761", 1761.8333, 1761.9167),
    ("im Jahr 1914", 1914, 1915),
])  # fmt: skip
def test_a_date_is_the_stretch_of_years_that_it_leaves_open(said, low, high):
    (found,) = quantities(said)

    assert found.dimension == "date"
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize("said", ["H4 and K1", "one of them", "no number here", "COVID-19 spread"])
def test_a_name_with_a_figure_and_a_pronoun_are_no_numbers(said):
    assert not [one for one in quantities(said) if one.dimension != "number" or said.startswith(("H4", "one"))]


@given(st.text(max_size=200) | st.lists(st.sampled_from(["5", "five", "1714", "and", "a", "half", "million", "km", "of", "$", ",", "pounds", "the", "second", "-", "%", "March"]), max_size=20).map(" ".join))  # fmt: skip
def test_amounts_stand_where_they_say_in_order_without_overlap(text):
    found = quantities(text)

    assert all(one.span.of(text) == one.text and one.low <= one.high for one in found)
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))


H4 = "On arrival in Jamaica, H4 was found to be 5.1 seconds slow."


@pytest.mark.parametrize(("a", "b", "verdict", "on"), [
    (H4, "H4 was 39 seconds slow on arrival in Jamaica.", "differ", "number"),
    (H4, "H4 lost about five seconds on the way to Jamaica.", "agree", "number"),
    ("H4 was completed in 1759.", "H4 was completed in 1761.", "differ", "date"),
    ("The act was passed in the 18th century.", "The act was passed in 1714.", "agree", "date"),
    ("The tower is 5 kilometres from the shore.", "The tower is 5 miles from the shore.", "differ", "unit"),
    ("The tower is 5 miles from the shore.", "The tower stands about 8 km from the shore.", "agree", "number"),
    ("Four ships were lost.", "Five ships were lost.", "differ", "number"),
    ("Well over a thousand men died.", "1,400 men died.", "agree", "number"),
    ("Well over a thousand men died.", "900 men died.", "differ", "number"),
    ("Water boils at 100 degrees Celsius at sea level.", "At sea level water boils at 212 degrees Fahrenheit.", "agree", "number"),
    ("The disaster was caused by the fleet's ignorance of its longitude.", "The wreck of the fleet was not caused by ignorance of longitude.", "differ", "negation"),
    ("Prices rose sharply in Berlin after the war.", "Prices fell sharply in Berlin after the war.", "differ", "meaning"),
    ("The highest reward was 20,000 pounds.", "The highest reward was 20,500 pounds.", "differ", "number"),
    ("A measurement of one angle, a table and a short sum are enough.", "The angle you measure is not the angle in the tables.", "not_comparable", None),
    ("H1 was completed in 1735.", "H4 was completed in 1759.", "not_comparable", None),
    ("The first voyage to Jamaica was made in 1761.", "The second voyage to Barbados was made in 1764.", "not_comparable", None),
    ("Parliament granted Harrison 8,750 pounds in 1773.", "The Board paid Mayer's widow 3,000 pounds in 1765.", "not_comparable", None),
    ("The Earth turns through 360 degrees in 24 hours.", "The Moon moves 13 degrees a day.", "not_comparable", None),
])  # fmt: skip
def test_two_sentences_are_compared_only_where_they_speak_of_the_same(a, b, verdict, on):
    for first, second in ((a, b), (b, a)):
        found = compare(first, second)

        assert (found.verdict, found.on) == (verdict, on)


@given(st.text(max_size=120))
def test_no_sentence_contradicts_itself(said):
    assert compare(said, said).verdict != "differ"
