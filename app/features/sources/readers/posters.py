"""A picture that stands for a video: the first bright frame after a tenth of it."""

from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

WIDEST = 640
DARKEST_MEAN, LEAST_SPREAD = 24.0, 6.0
"""Of brightness from 0 to 255: below, a frame is black or all one colour."""
PLACES = (0.1, 0.2, 0.35, 0.5, 0.7, 0.02)
FRAMES_A_PLACE = 48


def find_poster(path: Path, kind: str, options: dict[str, str]) -> VideoFrame | None:
    """The first frame that shows something; of those that don't, the brightest."""
    with av.open(str(path), format=kind, options=options) as container:
        stream = next(iter(container.streams.video), None)
        if stream is None or stream.codec_context is None:  # a kind of picture that nobody here can decode
            return None
        stream.codec_context.thread_count = 1  # threads hold a picture each, and memory is limited
        duration = container.duration or 0
        brightest: tuple[float, VideoFrame] | None = None
        for place in PLACES if duration else (0.0,):
            for frame in _frames_from(container, stream, int(duration * place)):
                mean, spread = _brightness(frame)
                if mean >= DARKEST_MEAN and spread >= LEAST_SPREAD:
                    return frame
                if brightest is None or mean > brightest[0]:
                    brightest = mean, frame
    return brightest[1] if brightest else None


def _frames_from(container: av.container.InputContainer, stream: VideoStream, offset: int) -> list[VideoFrame]:
    """A few frames from *offset* (microseconds) on, not all of them neighbours."""
    frames = []
    try:
        if offset:
            container.seek(offset)
        for number, frame in enumerate(container.decode(stream)):
            if number % 12 == 0:
                frames.append(frame)
            if number >= FRAMES_A_PLACE:
                break
    except (av.FFmpegError, OSError):
        pass  # a damaged place; the next may be whole
    return frames


def _brightness(frame: VideoFrame) -> tuple[float, float]:
    small = frame.reformat(width=32, height=18, format="gray").to_ndarray().astype(np.float64)
    return float(small.mean()), float(small.std())


def save_jpeg(frame: VideoFrame, path: Path) -> None:
    """At most 640 points wide, with even sides as JPEG's halved colours need."""
    scale = min(1.0, WIDEST / frame.width)
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (frame.width, frame.height))
    with av.open(str(path), "w", format="mjpeg") as output:
        stream = output.add_stream("mjpeg", rate=1, options={"q": "4"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        picture = frame.reformat(width=width, height=height, format="yuvj420p")
        picture.pts = 0
        for packet in [*stream.encode(picture), *stream.encode(None)]:
            output.mux(packet)
