"""The forms of English words as patterns: "kill~" is a verb with all its forms, "gun+" a noun with its plural."""

import re

_VERB = re.compile(r"([a-z]+(?:-[a-z]+)?)~")
_NOUN = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)?)\+")
_DOUBLED = re.compile(r"(?:un|kid)?[^aeiou]*[aeiou](?:[bdgklmnprtz]|(?<=a)s)")
_PASTS = {
    "beat": "beat beaten", "blow": "blew blown", "break": "broke broken", "build": "built", "burn": "burnt", "burst": "burst",
    "cut": "cut", "drive": "drove driven", "eat": "ate eaten", "fall": "fell fallen", "give": "gave given",
    "grind": "ground", "grow": "grew grown", "hang": "hung", "hide": "hid hidden", "hit": "hit", "hurt": "hurt",
    "let": "let", "light": "lit", "make": "made", "pay": "paid", "put": "put", "ride": "rode ridden", "run": "ran",
    "shoot": "shot", "show": "shown", "slay": "slew slain", "sleep": "slept", "slit": "slit", "spit": "spat",
    "spread": "spread", "steal": "stole stolen", "swear": "swore sworn", "swing": "swung", "take": "took taken",
    "teach": "taught", "tell": "told", "thrust": "thrust",
}  # fmt: skip


def verb_forms(verb: str) -> tuple[str, ...]:
    """Base, third person, past, participles."""
    if verb.endswith("ie"):
        third, past, present = f"{verb}s", f"{verb}d", f"{verb[:-2]}ying"
    elif verb.endswith("e"):
        third, past, present = f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        third, past, present = f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"
    else:
        third = f"{verb}es" if verb.endswith(("s", "x", "z", "ch", "sh", "o")) else f"{verb}s"
        stem = verb + verb[-1] if _DOUBLED.fullmatch(verb) else verb
        past, present = f"{stem}ed", f"{stem}ing"
    return tuple(dict.fromkeys((verb, third, *_PASTS.get(verb, past).split(), present, past)))


def noun_forms(noun: str) -> tuple[str, ...]:
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun, f"{noun[:-1]}ies"
    return noun, f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"


def forms(word: str) -> tuple[str, ...]:
    """All forms of a word of a list, by its mark."""
    if word.endswith("~"):
        return verb_forms(word[:-1])
    return noun_forms(word[:-1]) if word.endswith("+") else (word,)


def expanded(pattern: str) -> str:
    """The pattern with each marked word as all of its forms."""
    pattern = _VERB.sub(lambda found: f"(?:{'|'.join(verb_forms(found[1]))})", pattern)
    return _NOUN.sub(lambda found: f"(?:{'|'.join(noun_forms(found[1]))})", pattern)
