"""How loud a recording is over its length, as numbers and as a small picture."""

import struct
import zlib

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 1200, 160
INK = (79, 70, 229)
STEP_SECONDS = 0.05
_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Samples = npt.NDArray[np.int16]


class Loudness:
    """The highest sample of every twentieth of a second; ten hours take 3 MB."""

    def __init__(self, rate: int) -> None:
        self._step = max(1, round(rate * STEP_SECONDS))
        self._peaks: list[npt.NDArray[np.int16]] = []
        self._rest: Samples = np.zeros(0, np.int16)

    def hear(self, samples: Samples) -> None:
        whole = np.concatenate((self._rest, samples))
        steps = len(whole) // self._step
        if steps:
            shaped = np.abs(np.clip(whole[: steps * self._step], -32767, 32767)).reshape(steps, self._step)
            self._peaks.append(shaped.max(axis=1))
        self._rest = whole[steps * self._step :]

    def columns(self, width: int = WIDTH) -> npt.NDArray[np.float64]:
        """From 0 to 1, the loudest column being 1; silence stays 0."""
        peaks = np.concatenate([*self._peaks, np.abs(self._rest[:1])]).astype(np.float64)
        borders = np.linspace(0, len(peaks), width + 1)
        starts = np.minimum(borders[:-1].astype(np.int64), len(peaks) - 1)
        heights = np.array(
            [peaks[a : max(b, a + 1)].max() for a, b in zip(starts, borders[1:].astype(np.int64), strict=True)]
        )
        top = heights.max()
        return heights / top if top > 0 else heights


def draw(columns: npt.NDArray[np.float64], height: int = HEIGHT) -> bytes:
    """A PNG: a bar around the middle for each column, on a transparent ground."""
    middle = (height - 1) / 2
    reach = np.maximum(columns * middle, 0.5)
    inked = np.abs(np.arange(height)[:, None] - middle) <= reach[None, :]
    rows = np.zeros((height, len(columns) + 1), np.uint8)  # the first byte of a row names its filter: none
    rows[:, 1:] = inked
    palette = bytes((255, 255, 255, *INK))
    header = struct.pack(">IIBBBBB", len(columns), height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"tRNS", b"\x00\xff"), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))  # fmt: skip
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
