"""Changes that keep a file's form while they break what it says: a byte flipped in a packed archive is only ever a
damaged archive, so members are unpacked, changed and packed again, and a PDF's table of objects is made anew."""

import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

Bytewise = Callable[[bytes], bytes]
"""The fuzzer's own change of bytes, guided by coverage where atheris makes it."""
Mutator = Callable[[bytes, Random, Bytewise], bytes]

NUMBERS = ("0", "-1", "1", "2", "65535", "65536", "2147483647", "4294967296", "-2147483648", "9" * 19, "1e308", "1e400", "0.1", "NaN", "Infinity", "9" * 5000)  # fmt: skip
LETTERS = ("\u202e", "\u200b", "\ufeff", "\u0301", "\u00ad", "\U0001f409", "\U000e0041", "\u0130", "\u1e9e", "\u2028", "\x85", "\ufffe", "\x00", "\x1b$B", "ﷺ", "ﬁ", "½")  # fmt: skip
LARGEST = 250_000
_TOKEN = re.compile(r"[^\W_]+|\s+|.", re.DOTALL)
_ELEMENT = re.compile(r"<[^<>]*>")
_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_PDF_TOKEN = re.compile(rb"/[A-Za-z0-9]+|-?\d+(?:\.\d+)?|\d+ 0 R|<<|>>|\[|\]|\((?:[^()\\]|\\.)*\)")


def text_mutator(words: Sequence[str]) -> Mutator:
    """Lines and words of a text, and what means something in its format."""

    def mutate(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
        if random.random() < 0.4:
            return bytewise(data)
        return changed_text(data.decode("utf-8", "surrogateescape"), random, words).encode("utf-8", "surrogateescape")

    return mutate


def changed_text(text: str, random: Random, words: Sequence[str]) -> str:
    by_lines = random.random() < 0.4
    pieces = text.splitlines(keepends=True) if by_lines else [*_TOKEN.findall(text[:50_000]), text[50_000:]]
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(pieces) + 1)
        end = min(len(pieces), start + random.choice((0, 1, 1, 2, 5)))
        kind = random.randrange(7)
        if kind == 0:
            pieces[start:end] = []
        elif kind == 1:
            pieces[start:start] = pieces[start:end] * random.choice((1, 2, 10))
        elif kind in {2, 3}:
            pieces[start:end] = [random.choice(words)]
        elif kind == 4:
            pieces[start:start] = [random.choice(NUMBERS if random.random() < 0.5 else LETTERS)]
        elif kind == 5 and random.random() < 0.05:  # what is quadratic shows only at length
            part = "".join(pieces[start : end + 1]) or random.choice(words)
            pieces[start:start] = [part * (LARGEST // (len(part.encode("utf-8", "surrogateescape")) or 1) // 2)]
        elif pieces:
            other = random.randrange(len(pieces))
            pieces[start:start] = [pieces[other]]
    return "".join(pieces)[:LARGEST]


def archive_mutator(words: Sequence[str]) -> Mutator:
    """Members of a document's archive: their texts, their names, which there are and how they are packed."""

    def mutate(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
        members = unpacked(data)
        if not members or random.random() < 0.1:
            return bytewise(data)
        for _ in range(random.randint(1, 2)):
            name = random.choice(sorted(members))
            kind = random.randrange(12)
            if kind == 0:
                members.pop(name)
            elif kind == 1:
                members[random.choice(("../../etc/x", "/" + name, name.upper(), "a\x00b", "word/footnotes.xml", *sorted(members)))] = members[name]  # fmt: skip
            elif kind < 4:
                members[name] = bytewise(members[name])
            else:
                said = members[name].decode("utf-8", "surrogateescape")
                change = changed_markup if kind < 9 else changed_text
                members[name] = change(said, random, words).encode("utf-8", "surrogateescape")
            if not members:
                return data
        return packed(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))

    return mutate


def unpacked(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {one.filename: archive.read(one) for one in archive.infolist()[:50] if one.file_size < 4 * LARGEST}
    except Exception:  # whatever a damaged archive makes zipfile do
        return {}


def packed(members: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as archive:
        for name, said in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = packing
            archive.writestr(entry, said)
    return made.getvalue()


def changed_markup(text: str, random: Random, words: Sequence[str]) -> str:
    """Elements taken out, said again, put inside of themselves, or moved."""
    tags = list(_ELEMENT.finditer(text))
    if len(tags) < 2:
        return changed_text(text, random, words)
    first = random.randrange(len(tags) - 1)
    last = min(len(tags) - 1, first + random.choice((1, 1, 2, 3, 8)))
    start, end = tags[first].start(), tags[last].end()
    part = text[start:end]
    kind = random.randrange(6)
    if kind == 0:
        return text[:start] + text[end:]
    if kind == 1:
        return text[:end] + part * random.choice((1, 2, 50)) + text[end:]
    if kind == 2:
        place = random.choice(tags).end()
        return text[:place] + part + text[place:]
    if kind == 3 and random.random() < 0.2:
        name = tags[first].group()
        times = random.choice((10, 100, 300, 5000))
        close = f"</{name.strip('</>').split(' ')[0]}>" if not name.startswith("</") else ""
        return (text[:start] + name * times + part + close * times + text[end:])[: 2 * LARGEST]
    if kind == 4:
        tag = tags[first]
        return text[: tag.start()] + changed_text(tag.group(), random, words) + text[tag.end() :]
    return text[:start] + random.choice(words) + text[end:]


def markup_mutator(words: Sequence[str]) -> Mutator:
    def mutate(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
        if random.random() < 0.25:
            return bytewise(data)
        change = changed_markup if random.random() < 0.7 else changed_text
        text = data.decode("utf-8", "surrogateescape")
        return change(text, random, words).encode("utf-8", "surrogateescape")[:LARGEST]

    return mutate


def json_mutator(words: Sequence[str]) -> Mutator:
    """Values of a JSON document exchanged for others; the text of it where it is none."""

    def mutate(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
        try:
            said = json.loads(data)
        except (ValueError, RecursionError):
            return bytewise(data)
        if random.random() < 0.3:
            return text_mutator(words)(data, random, bytewise)
        for _ in range(random.randint(1, 3)):
            said = changed_value(said, random, words)
        return json.dumps(said, ensure_ascii=random.random() < 0.5).encode("utf-8", "surrogatepass")[:LARGEST]

    return mutate


def changed_value(value: Any, random: Random, words: Sequence[str]) -> Any:
    """A place in it, chosen on the way down, becomes something else."""
    if isinstance(value, (dict, list)) and value and random.random() < 0.85:
        key = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
        changed = dict(value) if isinstance(value, dict) else list(value)
        if random.random() < 0.15 and isinstance(changed, dict):
            changed[random.choice(words)] = changed.pop(key)
        elif random.random() < 0.1 and isinstance(changed, list):
            changed *= random.choice((2, 10))
        else:
            changed[key] = changed_value(value[key], random, words)
        return changed
    return random.choice((
        None, True, 0, -1, 1e308, -0.0, 10**18, 10**400, float("nan"), float("inf"), "", random.choice(words),
        random.choice(NUMBERS), random.choice(LETTERS), [], {}, [value], {random.choice(words): value}, [value, value],
        "\ud800", "PT" + random.choice(NUMBERS) + "H",
    ))  # fmt: skip


def pdf_mutator(words: Sequence[str]) -> Mutator:
    """Objects of a PDF, the packed pages too; the table of their places is right again afterwards, mostly."""
    tokens = [word.encode("cp1252", "replace") for word in words]

    def mutate(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
        objects = [body for _, body in _OBJECT.findall(data)]
        if not objects or random.random() < 0.1:
            return bytewise(data)
        for _ in range(random.randint(1, 3)):
            index = random.randrange(len(objects))
            kind = random.randrange(8)
            if kind == 0:
                objects[index] = objects[random.randrange(len(objects))]
            elif kind == 1:
                objects.insert(index, objects[index])
            else:
                objects[index] = _changed_object(objects[index], random, bytewise, tokens)
        made = write_pdf(objects)
        return made if random.random() < 0.95 else made[: random.randrange(len(made))]

    return mutate


def _changed_object(body: bytes, random: Random, bytewise: Bytewise, tokens: Sequence[bytes]) -> bytes:
    head, stream, packed_text = body.partition(b"\nstream\n")
    if stream and random.random() < 0.7:
        try:
            text = zlib.decompress(packed_text.removesuffix(b"\nendstream"))
        except zlib.error:
            text = packed_text
        text = bytewise(text) if random.random() < 0.3 else _changed_tokens(text, random, tokens)
        again = zlib.compress(text)
        return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(again), again)
    changed = bytewise(head) if random.random() < 0.2 else _changed_tokens(head, random, tokens)
    return changed + stream + packed_text


def _changed_tokens(said: bytes, random: Random, tokens: Sequence[bytes]) -> bytes:
    found = list(_PDF_TOKEN.finditer(said))
    if not found:
        return said + random.choice(tokens)
    one, other = random.choice(found), random.choice(found)
    new = random.choice((
        random.choice(tokens), other.group(), random.choice(NUMBERS).encode(), b"%d 0 R" % random.randint(0, 9),
        one.group() * random.choice((2, 500)), b"", b"(" + random.choice(LETTERS).encode("utf-16") + b")",
    ))  # fmt: skip
    return said[: one.start()] + new + said[one.end() :]


def write_pdf(objects: Sequence[bytes]) -> bytes:
    """A file of these objects, numbered from 1, the first being the catalogue."""
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    info = b" /Info 4 0 R" if len(objects) > 3 else b""
    out += b"trailer << /Size %d /Root 1 0 R%s >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, info, start)
    return bytes(out)


def binary_mutator(data: bytes, random: Random, bytewise: Bytewise) -> bytes:
    """A recording: numbers that say how long, how large and how many, at any place; parts lost, doubled or moved."""
    if random.random() < 0.3 or len(data) < 16:
        return bytewise(data)
    changed = bytearray(data)
    for _ in range(random.randint(1, 4)):
        # what a container says about itself stands at its beginning or its end
        reach = min(len(changed), 2000)
        place = random.randrange(reach) if random.random() < 0.6 else len(changed) - 1 - random.randrange(reach)
        kind = random.randrange(5)
        if kind == 0:
            width = random.choice((1, 2, 4, 8))
            number = random.choice((0, 1, 0x7F, 0x80, 0xFF, (1 << 8 * width - 1) - 1, (1 << 8 * width) - 1, len(data)))
            changed[place : place + width] = (number % (1 << 8 * width)).to_bytes(width, random.choice(("big", "little")))  # fmt: skip
        elif kind == 1:
            del changed[place : place + random.choice((1, 4, 64, 1000))]
        elif kind == 2:
            changed[place:place] = changed[place : place + random.choice((4, 64, 1000))]
        elif kind == 3 and changed:
            changed[place % len(changed)] ^= 1 << random.randrange(8)
        else:
            other = random.randrange(len(changed) or 1)
            changed[place : place + 8] = changed[other : other + 8]
        if len(changed) < 16:
            return data
    return bytes(changed[: 4 * LARGEST])


def plain_bytewise(random: Random) -> Bytewise:
    """Without a fuzzer's own: a few bytes changed, taken out or said again."""

    def change(data: bytes) -> bytes:
        changed = bytearray(data or b" ")
        for _ in range(random.randint(1, 4)):
            place = random.randrange(len(changed) or 1)
            kind = random.randrange(4)
            if kind == 0:
                changed[place : place + 1] = bytes([random.randrange(256)])
            elif kind == 1:
                del changed[place : place + random.randint(1, 8)]
            elif kind == 2:
                changed[place:place] = changed[place : place + random.randint(1, 32)]
            else:
                changed[place:place] = random.randbytes(random.randint(1, 4))
        return bytes(changed)

    return change
