"""Names inside an export."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.features.exports.archive import Archive
from app.shared.belongings import file_name, folder, plain_name


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("How sailors found their longitude", "how-sailors-found-their-longit"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\windows\\system32", "windows-system32"),
        ("CON", "con"),
        ("a: b | c? <d> *", "a-b-c-d"),
        ("  . ", ""),
        ("Цвет моря", "цвет-моря"),
        ("x" * 500, "x" * 30),
        ("\u202egnp.exe", "gnp-exe"),
    ],
)
def test_a_title_becomes_a_name_that_is_safe_everywhere(title, expected):
    assert plain_name(title) == expected
    assert folder(title, UUID(int=7)).endswith("00000000-0000-0000-0000-000000000007")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("../../a b.MP4", "original-a-b.mp4"),
        ("NUL.txt", "original-nul.txt"),
        ("no ending", "original-no-ending"),
        ("odd.e<x>t", "original-odd-e-x-t"),
        (None, "original"),
        (".bashrc", "original.bashrc"),
    ],
)
def test_the_name_that_a_file_was_sent_under_is_made_safe(sent, expected):
    assert file_name("original", sent) == expected


def test_an_archive_keeps_names_apart_that_differ_in_case_only_and_refuses_those_that_lead_out_of_it():
    archive = Archive(datetime.now(UTC))
    archive.add("a/Text.txt", b"1")
    archive.add("a/text.TXT", b"2")
    assert [one.name for one in archive.files] == ["a/Text.txt", "a/text-2.TXT"]
    for name in ("/etc/passwd", "a/../b", "a\\b", "", "a//b"):
        with pytest.raises(ValueError, match="somewhere else"):
            archive.add(name, b"")
