"""What the files are called, and that every format is there."""

from email.message import Message
from typing import get_args
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.features.scripts.exports.document import writable
from app.features.scripts.exports.files import ExportFile, export, file_name
from app.features.scripts.schemas import ExportFormat
from tests.features.scripts.exports.scripts import sample, section

KINDS = get_args(ExportFormat)


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_of_the_contract_gives_a_file_with_a_name_and_a_type(kind):
    file = export(kind, sample())

    assert file.body
    assert file.name.startswith("how-sailors-found-their-longitude-v3")
    assert "/" in file.media_type


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_script_gives_the_same_bytes(kind):
    assert export(kind, sample()) == export(kind, sample())


@pytest.mark.parametrize("kind", KINDS)
def test_a_script_with_nothing_in_it_is_still_a_file(kind):
    script = replace(sample(), title="", sections=[section("s", "", "")], sources={})

    assert export(kind, script).name.startswith("script-v3")


@given(st.text(max_size=400), st.integers(1, 10**6))
def test_a_name_is_safe_for_any_title(title, version):
    name = file_name(title, version, "-teleprompter.html")

    assert not set(name) & set('/\\:*?"<>|\0\n\r\t ')
    assert not name.startswith((".", "-"))
    assert len(name.encode()) <= 200
    assert name.endswith(f"-v{version}-teleprompter.html")


def test_a_title_is_readable_in_its_name_in_any_script():
    assert file_name("Don't panic: what's a “knot”?", 2, ".md") == "dont-panic-whats-a-knot-v2.md"
    assert file_name("Was heißt Länge?", 1, ".srt") == "was-heißt-länge-v1.srt"
    assert file_name("経度の問題", 1, ".txt") == "経度の問題-v1.txt"
    assert file_name("...", 1, ".txt") == "script-v1.txt"


@pytest.mark.parametrize(
    ("name", "plain"),
    [("länge-v1.srt", "lange-v1.srt"), ("経度-v1.txt", "script-v1.txt"), ("two-knots-v2.md", "two-knots-v2.md")],
)
def test_the_header_names_the_file_for_old_and_new_clients(name, plain):
    header = Message()
    header["Content-Disposition"] = ExportFile(name, "text/plain", b"").disposition

    assert header.get_content_disposition() == "attachment"
    assert header.get_param("filename", header="content-disposition") == plain
    kept = ExportFile(name, "text/plain", b"").disposition.split("filename*=UTF-8''")[1]
    assert unquote(kept) == name
    assert kept.isascii()


@settings(max_examples=200)
@given(st.text())
def test_what_no_format_can_carry_is_replaced_in_its_place(text):
    written = writable(text)

    assert len(written) == len(text)
    assert not [one for one in written if one < " " and one != "\n"]
    assert len(f"{written}.".splitlines()) == written.count("\n") + 1
