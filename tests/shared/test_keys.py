import pytest

from app.config import Settings
from app.shared.keys import Keys, UnreadableSeal, key_id

OLD, NEW = "an old key of thirty-two characters", "a new key of thirty-two characters!"


def test_what_an_older_key_sealed_is_still_read_and_the_newest_seals():
    sealed = Keys(OLD).seal("spinning wheel")
    rotated = Keys.of(Settings(secret_key=NEW, previous_secret_keys=f" {OLD} , "))
    assert rotated.unseal(sealed) == "spinning wheel"
    assert Keys(NEW).unseal(rotated.seal("distaff")) == "distaff"


def test_a_key_that_was_taken_away_opens_nothing_any_more():
    with pytest.raises(UnreadableSeal, match="SECRET_KEY"):
        Keys(NEW).unseal(Keys(OLD).seal("spinning wheel"))


def test_the_name_of_a_key_and_a_seal_give_nothing_away():
    sealed = Keys(NEW).seal("spinning wheel")
    assert "spinning" not in sealed
    assert key_id(NEW) not in NEW
    assert key_id(NEW) != key_id(OLD)


def test_settings_do_not_show_older_keys():
    assert OLD not in repr(Settings(secret_key=NEW, previous_secret_keys=OLD))
