"""What to tell somebody whose text is not as they usually write or speak: one plain sentence for a signal."""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_PERCENT = 99
"""Below nothing at all, which is said in words."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """'40 % longer than', '60 % shorter than', 'twice as long as'."""

    more: str
    less: str
    plain: str


@dataclass(frozen=True, slots=True)
class Wording:
    """`claim` has places for how much and for 'than' or 'as'; `never` says what a text without any of it lacks;
    `if_more` and `if_less` say what to do. With a `unit` the difference is told, not the proportion."""

    claim: str
    by: Comparison
    never: str
    if_more: str
    if_less: str
    unit: str = ""


LENGTH = Comparison("longer", "shorter", "long")
HEIGHT = Comparison("higher", "lower", "high")
SIZE = Comparison("larger", "smaller", "large")
VARIETY = Comparison("more varied", "less varied", "varied")
EXTENT = Comparison("more", "less", "much")
NUMBER = Comparison("more", "fewer", "many")
OFTEN = Comparison("more often", "less often", "often")

WORDINGS: Mapping[str, Wording] = {
    "sentence_length_mean": Wording("Your sentences here are {how} {than} they usually are", LENGTH, "", "break the long ones", "join a few of them"),
    "sentence_length_sd": Wording("Your sentences vary {how} in length here {than} they usually do", EXTENT, "You never vary the length of your sentences here", "bring the longest and the shortest nearer to the rest", "put a short one beside a long one"),
    "short_sentences": Wording("You use {how} very short sentences here {than} you usually do", NUMBER, "You use no very short sentences here", "join some of them", "make a point or two in five words or fewer"),
    "long_sentences": Wording("You use {how} long sentences here {than} you usually do", NUMBER, "You use no long sentences here", "break some of them up", "let a thought or two run on"),
    "sentence_alternation": Wording("The change in length from one sentence to the next is {how} here {than} it usually is", SIZE, "You never vary the length of your sentences here", "let neighbours be more alike in length", "follow a long sentence with a short one"),
    "reading_grade": Wording("The reading level here is {how} {than} it usually is", HEIGHT, "", "choose shorter words and shorter sentences", "allow yourself longer words and longer sentences", "US grades"),
    "first_person": Wording("You say 'I' {how} here {than} you usually do", OFTEN, "You never say 'I' here", "put the viewer or the subject first in some places", "say what you yourself did, saw or thought"),
    "second_person": Wording("You say 'you' {how} here {than} you usually do", OFTEN, "You never say 'you' here", "talk about the subject itself in some places", "speak to the viewer directly"),
    "together": Wording("You say 'we' {how} here {than} you usually do", OFTEN, "You never say 'we' here", "say 'I' or 'you' where you mean only one of you", "say it where you and the viewer do something together"),
    "you_ratio": Wording("Between 'I', 'you' and 'we', you choose 'you' {how} here {than} you usually do", OFTEN, "Between 'I', 'you' and 'we', you never choose 'you' here", "say 'I' or 'we' instead now and then", "say it instead of the others now and then"),
    "questions": Wording("You ask {how} questions here {than} you usually do", NUMBER, "You ask no questions here", "turn some of them into statements", "turn a statement or two into a question"),
    "answered_questions": Wording("You answer your questions at once {how} here {than} you usually do", OFTEN, "You answer none of your questions at once here", "let one or two wait for their answer", "give the answer in the next sentence or two"),
    "commands": Wording("You tell the viewer to do something {how} here {than} you usually do", OFTEN, "You never tell the viewer to do anything here", "describe instead in some places", "ask the viewer to look, take or try something"),
    "contractions": Wording("You contract words (it's, don't) {how} here {than} you usually do", OFTEN, "You never contract words (it's, don't) here", "write some of them out", "write them as you would say them"),
    "lexical_richness": Wording("Your words here are {how} {than} they usually are", VARIETY, "", "keep to one word for one thing", "repeat fewer words within a few sentences"),
    "hedges": Wording("You soften what you say (maybe, sort of) {how} here {than} you usually do", OFTEN, "You never soften what you say (maybe, sort of) here", "drop some of the softening words", "say so where you aren't sure"),
    "boosters": Wording("You stress what you say (really, exactly) {how} here {than} you usually do", OFTEN, "You never stress what you say (really, exactly) here", "drop some of the stressing words", "put weight on what matters most"),
    "transitions": Wording("You begin {how} sentences here with a word that leads on (so, now, but) {than} you usually do", NUMBER, "You begin no sentence here with a word that leads on (so, now, but)", "start some of them with their subject", "link a few of them to the one before"),
    "specificity": Wording("You give {how} numbers and names here {than} you usually do", NUMBER, "You give no numbers or names here", "leave out those that nobody will miss", "say who, where, when and how much"),
    "numbers": Wording("You give {how} numbers here {than} you usually do", NUMBER, "You give no numbers here", "leave out those that nobody will miss", "say how many, how much or how long"),
    "first_hand": Wording("You tell what you yourself have seen or tried {how} here {than} you usually do", OFTEN, "You tell nothing here that you yourself have seen or tried", "keep the best of it", "say what happened when you tried it"),
    "calls_to_action": Wording("You ask the viewer to subscribe, like, comment or buy {how} here {than} you usually do", OFTEN, "You never ask the viewer to subscribe, like, comment or buy here", "keep the request that matters most", "add one request where it fits"),
    "open_loops": Wording("You make the viewer wait for something {how} here {than} you usually do", OFTEN, "You never make the viewer wait for anything here", "settle some of it at once", "hint early at what is still to come"),
    "anaphora": Wording("You begin neighbouring sentences with the same words {how} here {than} you usually do", OFTEN, "You never begin neighbouring sentences with the same words here", "begin some of them another way", "let two or three in a row begin alike"),
    "analogies": Wording("You explain one thing by another {how} here {than} you usually do", OFTEN, "You never explain one thing by another here", "say some of it without a comparison", "compare something with what the viewer knows"),
    "lists": Wording("You count things off (first, second) {how} here {than} you usually do", OFTEN, "You never count things off (first, second) here", "let some of them run as plain text", "announce how many points there are and number them"),
}  # fmt: skip
"""By the name of the signal. One that isn't here can't be acted on, or can't be seen in a text without times."""


def alike(wording: Wording) -> str:
    """'You ask about as many questions here as you usually do.'"""
    return f"{_claim(wording, f'about as {wording.by.plain}', 'as')}."


def advice(wording: Wording, value: float, usual: float) -> str:
    """'Your sentences here are 40 % longer than they usually are; break the long ones.'"""
    to_do = wording.if_more if value > usual else wording.if_less
    if wording.never and value <= 0:
        return f"{wording.never}, though you usually do; {to_do}."
    return f"{_claim(wording, *_how_much(wording, value, usual))}; {to_do}."


def _claim(wording: Wording, how: str, than: str) -> str:
    return wording.claim.format(how=how, than=than)


def _how_much(wording: Wording, value: float, usual: float) -> tuple[str, str]:
    word = wording.by.more if value > usual else wording.by.less
    if wording.unit:
        return f"{abs(value - usual):.1f} {wording.unit} {word}", "than"
    if usual <= 0:
        return word, "than"
    if value >= 2 * usual:
        return f"{_times(value / usual)} as {wording.by.plain}", "as"
    return f"{min(MOST_PERCENT, round(100 * abs(value - usual) / usual))} % {word}", "than"


def _times(ratio: float) -> str:
    told = f"{ratio:.1f}".removesuffix(".0") if ratio < 10 else f"{ratio:.0f}"
    return "twice" if told == "2" else f"{told} times"
