"""Recordings, made by the test: what they consist of, what they show, what they say."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from app.features.sources.readers.limits import Limits
from app.shared.exceptions import Unprocessable
from tests.features.sources.readers import samples

SRT = "1\n00:00:00,500 --> 00:00:01,500\nThe sea comes in.\n\n2\n00:00:02,000 --> 00:00:03,000\n<i>It goes out</i> again.\n"


STYLES = (
    b"[Script Info]\nScriptType: v4.00+\nPlayResX: 64\nPlayResY: 48\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize, "
    b"PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, "
    b"Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\n\n[Events]\n"
    b"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
)
"""What the encoder of an MP4's subtitles wants to know before it begins."""


def picture(path):
    with av.open(str(path)) as container:
        return next(container.decode(video=0))


def test_a_video_without_subtitles_needs_a_transcript_and_is_ready_for_one(tmp_path):
    reading = samples.read(tmp_path, "talk.mp4", samples.video(tmp_path / "made.mp4"))
    media = reading.media

    assert (reading.text, reading.needs_transcript, reading.media_type) == ("", True, "video/mp4")
    assert reading.duration_seconds == pytest.approx(4, abs=0.1)
    assert [(one.kind, one.codec) for one in media.streams] == [("video", "mpeg4"), ("audio", "aac")]
    assert (media.streams[0].width, media.streams[0].height, media.streams[1].channels) == (720, 406, 1)
    (part,) = media.audio
    with av.open(str(tmp_path / part.file)) as sound:
        stream = sound.streams.audio[0]
        assert (stream.codec_context.name, stream.codec_context.channels) == ("opus", 1)
        assert sound.duration / 1e6 == pytest.approx(4, abs=0.2)
    assert part.size_bytes == (tmp_path / part.file).stat().st_size < 40_000


def test_the_poster_is_not_the_black_beginning_and_the_waveform_is_a_picture(tmp_path):
    reading = samples.read(tmp_path, "talk.mp4", samples.video(tmp_path / "made.mp4", seconds=4, black_seconds=1))

    poster = picture(tmp_path / reading.media.poster)
    wave = picture(tmp_path / reading.media.waveform)

    assert (poster.width, poster.height) == (640, 360)
    assert poster.to_ndarray(format="gray").mean() > 24
    assert (wave.width, wave.height) == (1200, 160)
    inked = (wave.to_ndarray(format="rgba")[:, :, 3] > 0).sum(axis=0)
    assert inked.max() > 150
    assert inked.min() < 20  # the tone fades four times


def test_the_subtitle_track_is_the_text_and_no_transcript_is_needed(tmp_path):
    reading = samples.read(tmp_path, "talk.mkv", samples.video(tmp_path / "made.mkv", subtitles=SRT))

    assert reading.text == "The sea comes in. It goes out again."
    assert [(cue.start_seconds, cue.end_seconds) for cue in reading.cues] == [(0.5, 1.5), (2.0, 3.0)]
    assert not reading.needs_transcript
    assert reading.media.audio == []
    assert reading.media.streams[2].kind == "subtitle"


def test_the_subtitle_track_of_an_mp4_is_read(tmp_path):
    said = ["The sea comes in.", "Größe, Übermut."]
    made = tmp_path / "made.mp4"
    with av.open(str(made), "w") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        track = out.add_stream("mov_text")
        track.codec_context.subtitle_header = STYLES
        for number in range(30):
            image = np.full((48, 64, 3), number * 8, np.uint8)
            out.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(picture.encode(None))
        for second, line in enumerate(said):
            data = line.encode()
            packet = av.Packet(len(data).to_bytes(2, "big") + data)
            packet.stream, packet.time_base = track, Fraction(1, 1000)
            packet.pts = packet.dts = second * 1000
            packet.duration = 900
            out.mux(packet)

    reading = samples.read(tmp_path, "talk.mp4", made.read_bytes())

    assert [reading.text[cue.start : cue.end] for cue in reading.cues] == said
    assert [cue.start_seconds for cue in reading.cues] == [0, 1]
    assert not reading.needs_transcript


@pytest.mark.parametrize(
    ("name", "codec", "form", "rate", "media_type"),
    [
        ("a.wav", "pcm_s16le", "wav", 22_050, "audio/wav"), ("a.mp3", "libmp3lame", "mp3", 22_050, "audio/mpeg"),
        ("a.flac", "flac", "flac", 22_050, "audio/flac"), ("a.ogg", "libopus", "ogg", 48_000, "audio/ogg"),
        ("a.aac", "aac", "adts", 22_050, "audio/aac"), ("a.m4a", "aac", "ipod", 22_050, "audio/mp4"),
        ("a.webm", "libopus", "webm", 48_000, "audio/webm"),
    ],
)  # fmt: skip
def test_every_usual_kind_of_recording_is_heard(tmp_path, name, codec, form, rate, media_type):
    reading = samples.read(tmp_path, name, samples.sound(tmp_path / name, 2, rate, codec, form))

    assert (reading.media_type, reading.needs_transcript, reading.media.poster) == (media_type, True, None)
    assert reading.duration_seconds == pytest.approx(2, abs=0.2)
    assert (tmp_path / reading.media.waveform).exists()


def test_a_long_recording_is_cut_into_parts_that_follow_one_another(tmp_path):
    reading = samples.read(tmp_path, "a.wav", samples.sound(tmp_path / "a.wav", 20), Limits(audio_part_bytes=25_000))
    parts = reading.media.audio

    assert len(parts) > 2
    assert all(part.size_bytes <= 25_000 for part in parts)
    assert parts[0].start_seconds == 0
    assert all(a.start_seconds + a.duration_seconds == pytest.approx(b.start_seconds) for a, b in pairwise(parts))  # fmt: skip
    assert sum(part.duration_seconds for part in parts) == pytest.approx(20, abs=0.1)


def test_a_silent_video_without_subtitles_says_so(tmp_path):
    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.mp4", samples.video(tmp_path / "made.mp4", seconds=2, audible=False))

    assert refused.value.error_code == "no_text"


@pytest.mark.parametrize("kept", [40, 2_000, 0.5])
def test_a_cut_off_recording_is_malformed(tmp_path, kept):
    data = samples.video(tmp_path / "made.mp4", seconds=2)

    with pytest.raises(Unprocessable) as refused:
        samples.read(tmp_path, "a.mp4", data[: int(len(data) * kept) if kept < 1 else kept])

    assert refused.value.error_code == "malformed_file"


def test_damage_in_the_middle_costs_only_what_is_damaged(tmp_path):
    data = bytearray(samples.sound(tmp_path / "a.mp3", 6, codec="libmp3lame", form="mp3"))
    data[len(data) // 2 : len(data) // 2 + 400] = np.random.default_rng(3).bytes(400)

    reading = samples.read(tmp_path, "a.mp3", bytes(data))

    assert reading.media.audio[0].duration_seconds == pytest.approx(6, abs=0.5)


def test_a_playlist_is_never_followed(tmp_path):
    (tmp_path / "secret.wav").write_bytes(samples.sound(tmp_path / "made.wav", 1))

    reading = samples.read(tmp_path, "a.mp4", f"#EXTM3U\n#EXTINF:1,\nfile://{tmp_path}/secret.wav\n")

    assert (reading.media_type, reading.media) == ("text/plain", None)


def test_sound_that_changes_its_rate_on_the_way_is_heard_to_its_end(tmp_path):
    slow = samples.sound(tmp_path / "a.mp3", 1.0, 22_050, "libmp3lame", "mp3")
    fast = samples.sound(tmp_path / "b.mp3", 1.0, 44_100, "libmp3lame", "mp3")

    reading = samples.read(tmp_path, "talk.mp3", slow + fast)

    assert 1.8 < sum(part.duration_seconds for part in reading.media.audio) < 2.3
