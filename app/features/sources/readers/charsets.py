"""Which old encoding a text has, judged by what each would make of it.

An encoding of a Latin alphabet is right where the accented letters all belong to one language's alphabet; that needs
only a few of them, where statistics over bytes need a page. An encoding of another script is right where its commonest
letters are common. The letters are general knowledge of the languages' orthographies.
"""

import re

WESTERN = (
    "àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "áâãàçéêíóôõúü", "àèéìíîòóùú", "ëïéèöüáó", "åäöé", "æøåéó", "áéíóúýþæöð",
    "àçèéíïòóúü",
)  # fmt: skip
CENTRAL = ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čćđšž", "ăâîşţ")
BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")
LATIN = {
    "cp1252": WESTERN, "iso8859-15": WESTERN, "mac_roman": WESTERN, "cp850": WESTERN, "cp1250": CENTRAL,
    "iso8859-2": CENTRAL, "cp852": CENTRAL, "mac_latin2": CENTRAL, "cp1254": ("çğıöşüâîûİ",), "cp1257": BALTIC,
}  # fmt: skip
"""In order of preference: an earlier one wins where both fit."""
CYRILLIC = ("оеаинтсрвлк", "мдпуяыьгзбчйхжшюцщэфъёіїєґ")
GREEK = ("αοιετσνηυρ", "πκμλςγδθωχφβξζψάέήίόύώϊϋΐΰ")
HEBREW = ("יוהלאמרתבש", "נעכדקחפצגטסזםןףךץ")
ARABIC = ("اليمونرتبة", "عدسفهكقأحجشطصخضذثئءؤغظآإىپچژگ،")
SCRIPTS = {
    "cp1251": CYRILLIC, "koi8-r": CYRILLIC, "koi8-u": CYRILLIC, "iso8859-5": CYRILLIC, "cp866": CYRILLIC,
    "mac_cyrillic": CYRILLIC, "cp1253": GREEK, "iso8859-7": GREEK, "cp1255": HEBREW, "cp1256": ARABIC,
    "iso8859-6": ARABIC,
}  # fmt: skip
HANZI = frozenset(
    "的一是不了在人有我他中大上到和地出就分可主生年用同工也能下而得多後后然自之天所成方于於行面当當进進种種部度家"
    "这這来來个個国國说說们們为為会會对對时時要发發经經没沒过過"
)
_MARKS = frozenset("’‘“”„–—…«»‹›°©®™£€§·•¡¿ºª×½¼¾²³±´\xa0")
_INSIDE_WORDS = frozenset("’‘·´\xa0")
_HIGH = re.compile(rb"[\x80-\xff]+")
AROUND = 40
"""Bytes on both sides, so that words are whole."""
SAMPLE = 65536


def guess(data: bytes) -> str | None:
    """Python's name of the encoding that fits best; None where none fits well."""
    sample = _telling(data)
    if b"\x1b$" in data[:SAMPLE] and _decoded(data[:SAMPLE], "iso2022_jp"):
        return "iso2022_jp"
    high = sum(byte > 0x7F for byte in sample)
    if not high:
        return "cp1252"
    runs = re.findall(rb"[\x80-\xff]+", sample)
    if high / len(runs) > 2.5:
        scores = {name: _script(sample, name, *letters) for name, letters in SCRIPTS.items()}
        scores |= {name: _east_asian(sample, name) for name in ("gb18030", "big5", "shift_jis", "euc-jp", "euc-kr")}
        least = 0.35
    else:
        scores = {name: _latin(sample, name, alphabets) for name, alphabets in LATIN.items()}
        least = 0.6
    best = max(scores.values())
    name = next(name for name, score in scores.items() if score >= best - 0.03)
    return name if best >= least else None


def _telling(data: bytes) -> bytes:
    """Only the places around bytes beyond ASCII tell anything."""
    kept = bytearray()
    done = 0
    for found in _HIGH.finditer(data):
        start, end = max(done, found.start() - AROUND), found.end() + AROUND
        if start > done:
            kept += b"\n"
        kept += data[start:end]
        done = max(done, end)
        if len(kept) > SAMPLE:
            break
    return bytes(kept[: 2 * SAMPLE])


def _decoded(sample: bytes, name: str) -> str | None:
    """The sample may end inside a character, and a text may have a damaged one: a few errors are borne."""
    text = sample.decode(name, "replace")
    return text if text.count("\ufffd") <= 1 + len(text) // 2000 else None


def _latin(sample: bytes, name: str, alphabets: tuple[str, ...]) -> float:
    text = _decoded(sample, name)
    if text is None:
        return 0
    letters: list[str] = []
    marks = 0
    for place, character in enumerate(text):
        if character <= "\x7f":
            continue
        if character in _MARKS:
            between = text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha()
            marks += not between or character in _INSIDE_WORDS
            letters += [character] if between and character not in _INSIDE_WORDS else []
        else:
            capital = character != character.lower() and text[place - 1 : place].islower()
            letters.append(character if capital else character.lower())
    if not letters:
        return 1.0
    best = max(sum(letter in alphabet for letter in letters) for alphabet in alphabets)
    return (best + min(marks, best)) / (len(letters) + min(marks, best))


def _script(sample: bytes, name: str, common: str, others: str) -> float:
    """1 for a common small letter, less for others, negative for capitals inside words and what is no letter of it."""
    text = _decoded(sample, name)
    if text is None:
        return 0
    total, count, before = 0.0, 0, " "
    for character in text:
        if character > "\x7f" and character not in _MARKS:
            count += 1
            small = character.lower()
            if small not in common and small not in others:
                total -= 1
            elif character == small:
                total += 1 if small in common else 0.4
            else:
                total += -0.5 if before.islower() else 0.3
        before = character
    return total / max(count, 1)


def _east_asian(sample: bytes, name: str) -> float:
    """The share of kana in Japanese, of Hangul in Korean; of the commonest characters in Chinese, four times."""
    text = _decoded(sample, name)
    wide = [character for character in text or "" if character > "\x7f"]
    if not wide:
        return 0
    if name in {"gb18030", "big5"}:
        return min(1.0, 4 * sum(character in HANZI for character in wide) / len(wide))
    if name == "euc-kr":
        return sum("가" <= character <= "힣" for character in wide) / len(wide)
    kana = sum("ぁ" <= character <= "ヿ" for character in wide) / len(wide)
    return min(1.0, 1.5 * kana)
