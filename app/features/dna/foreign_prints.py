"""Fingerprints that come from outside: unpacked within limits, and looked at before they are believed."""

import io
from dataclasses import fields
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from app.features.dna.fingerprint import LENGTHS, VoicePrint, restore
from app.shared.exceptions import Unprocessable

MOST_BYTES = 4 * 1024 * 1024
"""Of a packed fingerprint; a real one has under one."""
MOST_UNPACKED = 4 * MOST_BYTES
"""Measured ones shrink to 0.6 to 0.9 of themselves; a thousandth is what a bomb shrinks to."""
NAMES = {f"{field.name}.npy" for field in fields(VoicePrint)}


def check_print(packed: bytes) -> None:
    """`Unprocessable` where it is not what `fingerprint.dump` writes, or where a text can't be scored with it."""
    if len(packed) > MOST_BYTES:
        raise _damaged("is far larger than any that we make")
    try:
        with ZipFile(io.BytesIO(packed)) as file:  # a member gives at most the size that is written here
            members = file.infolist()
        fits = {member.filename for member in members} == NAMES
        fits = fits and sum(member.file_size for member in members) <= MOST_UNPACKED
        print_ = restore(packed) if fits else None
    except Exception:  # whatever a damaged file makes a parser do
        raise _damaged("can't be read") from None
    if print_ is None:
        raise _damaged("is not one that this version of Strand makes")
    if not _fits_together(print_):
        raise _damaged("holds numbers that no text can be scored with")


def _fits_together(print_: VoicePrint) -> bool:
    """Types, shapes, the order of the hashes, and no spread that is not above zero."""
    columns, curve = print_.hashes.shape, len(LENGTHS)
    if not (_is(print_.hashes, np.uint32, columns) and len(columns) == 1 and columns[0] > 0):
        return False
    halves = all(_is(array, np.float16, columns) for array in (print_.roots, print_.weights, print_.centre))
    whole = (
        (print_.unseen, (1,)), (print_.bias, (1,)), (print_.others, (3, curve)), (print_.own, (2, curve)),
        (print_.register, (3,)), (print_.held_out, (print_.held_out.size,)),
    )  # fmt: skip
    if not (halves and all(_is(array, np.float32, shape) for array, shape in whole)):
        return False
    spreads = (print_.unseen, print_.others[1], print_.own[1], print_.register[1:2])
    return (
        bool((print_.hashes[1:] > print_.hashes[:-1]).all() and (print_.roots > 0).all())
        and all(bool((spread > 0).all()) for spread in spreads)
        and print_.held_out.size > 0
    )


def _is(array: NDArray[np.generic], of: type[np.generic], shape: tuple[int, ...]) -> bool:
    return bool(array.dtype == of and array.shape == shape and np.isfinite(array).all())


def _damaged(why: str) -> Unprocessable:
    return Unprocessable(f"The profile's fingerprint {why}; export the profile again.", code="damaged_profile")
