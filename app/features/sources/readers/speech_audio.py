"""Sound prepared for speech to text: mono, 16 kHz, Opus in Ogg, in parts that a speech service takes."""

from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from app.features.sources.readers.model import AudioPart

RATE = 16_000
BIT_RATE = 32_000
PART_SHARE, PART_RESERVE = 0.95, 2048
"""Of the allowed size that packets may fill; the rest is for Ogg's own frames and what the encoder holds back."""


class SpeechFiles:
    """Writes `speech-1.ogg`, `speech-2.ogg`, ... to *folder*, each with less than *most* bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self.parts: list[AudioPart] = []
        self._folder = folder
        self._most = int(most * PART_SHARE) - PART_RESERVE
        self._output: av.container.OutputContainer | None = None
        self._samples = self._begun = self._bytes = 0

    def write(self, frame: AudioFrame) -> None:
        """*frame* is mono, 16-bit, at 16 kHz, and follows the one before without a gap."""
        if self._output is None or self._bytes >= self._most:
            self.close()
            self._open()
        frame.pts = self._samples - self._begun
        self._samples += frame.samples
        self._encode(frame)

    def close(self) -> None:
        if self._output is None:
            return
        self._encode(None)
        self._output.close()
        self._output = None
        path = self._path()
        begins, lasts = self._begun / RATE, (self._samples - self._begun) / RATE
        self.parts.append(AudioPart(path.name, begins, lasts, path.stat().st_size))

    def _open(self) -> None:
        self._output = av.open(str(self._path()), "w", format="ogg")
        self._stream: AudioStream = self._output.add_stream("libopus", rate=RATE, options={"application": "voip"})
        self._stream.bit_rate = BIT_RATE
        self._stream.layout = "mono"
        self._begun, self._bytes = self._samples, 0

    def _path(self) -> Path:
        return self._folder / f"speech-{len(self.parts) + 1}.ogg"

    def _encode(self, frame: AudioFrame | None) -> None:
        assert self._output is not None
        for packet in self._stream.encode(frame):
            self._bytes += packet.size
            self._output.mux(packet)
