"""No usual encoding comes out mangled."""

import pytest

from app.features.sources.readers.decoding import decode

SAID = {
    "pt": "A maré não pede licença: avança, recua, e amanhã volta. É a lua que puxa o mar.",
    "de": "Größe und Übermut: „Schön“, rief Anna, und die Äpfel fielen über die Mauer.",
    "fr": "L’été, ça coûte très cher ; l’œuvre naïve de la façade, où est-elle ? Là-bas.",
    "es": "¿Qué pasó ayer, señor? El niño comió piñas en la montaña. ¡Olé!",
    "sv": "Havet går in och ut två gånger om dagen, på kvällen är det högt.",
    "pl": "Morze przychodzi i odchodzi dwa razy dziennie, choć nikt mu tego nie kazał. Księżyc przyciąga wodę, którą widać.",
    "cs": "Moře přichází a odchází dvakrát denně, přestože mu to nikdo nepřikázal. Měsíc přitahuje vodu.",
    "hu": "A tenger naponta kétszer jön és megy, bár senki sem mondta neki. Őrült műhely.",
    "tr": "Deniz günde iki kez gelir ve gider, ona kimse söylemedi. Ay suyu çeker, şöyle böyle, ığdır.",
    "ru": "Море приходит и уходит дважды в день, и никто ему этого не приказывал. Луна притягивает воду.",
    "uk": "Море приходить і відходить двічі на день, і ніхто йому цього не наказував. Місяць притягує воду, її.",
    "el": "Η θάλασσα έρχεται και φεύγει δύο φορές την ημέρα, και κανείς δεν της το είπε.",
    "he": "הים בא והולך פעמיים ביום ואף אחד לא אמר לו לעשות כן.",
    "ja": "海は一日に二度やって来ては去って行く。誰もそうしろとは言わなかった。月が水を引き寄せるのだ。",
    "zh": "大海每天来去两次，没有人命令它这样做。月亮把离它最近的水拉得更紧一些。",
    "ko": "바다는 하루에 두 번 들어왔다 나간다. 아무도 그렇게 하라고 하지 않았다.",
}
WESTERN = ["cp1252", "mac_roman"]
ENCODINGS = {
    "pt": [*WESTERN, "latin-1", "cp850"], "de": WESTERN, "fr": WESTERN, "es": [*WESTERN, "latin-1"],
    "sv": [*WESTERN, "iso8859-15", "cp850"], "pl": ["cp1250", "iso8859-2"], "cs": ["cp1250", "iso8859-2"],
    "hu": ["cp1250"], "tr": ["cp1254"], "ru": ["cp1251", "koi8-r", "iso8859-5", "cp866"], "uk": ["cp1251"],
    "el": ["cp1253"], "he": ["cp1255"], "ja": ["shift_jis", "euc-jp", "iso2022_jp"], "zh": ["gb18030"], "ko": ["euc-kr"],
}  # fmt: skip
UNICODE = ["utf-8", "utf-8-sig", "utf-16", "utf-32"]


@pytest.mark.parametrize(("language", "encoding"), [(key, name) for key, names in ENCODINGS.items() for name in names])
@pytest.mark.parametrize("times", [1, 40])
def test_a_text_in_an_old_encoding_comes_out_whole(language, encoding, times):
    said = f"{SAID[language]} " * times

    assert decode(said.encode(encoding)) == said


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode_with_or_without_a_mark_comes_out_whole(language, encoding):
    assert decode(SAID[language].encode(encoding)) == SAID[language]


@pytest.mark.parametrize("language", ["pt", "de", "pl", "ru", "el", "he"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_second_bytes(language, encoding):
    assert decode(SAID[language].encode(encoding)) == SAID[language]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_ascii_in_utf16_without_a_mark_is_text(name):
    assert decode("Plain English, twenty times over. ".encode(name) * 20).startswith("Plain English")


def test_an_accent_after_a_hundred_thousand_plain_letters_still_tells():
    said = f"{'plain words ' * 10_000}\nи вот наконец по-русски, как и обещали с самого начала"

    assert decode(said.encode("cp1251")) == said


def test_the_beginning_of_a_file_may_end_inside_a_character():
    assert decode("schön".encode()[:4], whole=False) == "sch"
