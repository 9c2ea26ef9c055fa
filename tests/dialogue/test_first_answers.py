"""What a person meets: welcome, language, answer, country, consent, help, deletion."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.dialogue.turn import TurnParts
from bot.messages import Kind
from bot.storage import Arrival, Pending, Store
from tests.dialogue.talk import Talk, actions, keys, labels
from tests.people import says

EN = {"language": "en"}


async def in_english(amina: Talk) -> Talk:
    await amina.commands("start en")
    return amina


async def test_start_says_what_this_is_and_lists_languages_in_their_own_script(
    amina: Talk,
) -> None:
    said = await amina.commands("start", language="en")
    assert keys(said) == ["welcome", "lang_list"]
    assert "112" in said[0].text and "not checked" in said[0].text
    assert {"English", "Română", "Українська", "العربية"} <= set(labels(said))


async def test_the_phones_language_is_the_first_guess(amina: Talk) -> None:
    said = await amina.commands("start", language="uk-UA")
    assert said[0].locale == "uk"


async def test_choosing_a_language_answers_in_it_and_shows_topics(amina: Talk) -> None:
    await amina.commands("start", language="en")
    said = await amina.presses("l:ro")
    assert keys(said) == ["language_set", "menu_title"]
    assert all(line.locale == "ro" for line in said)


async def test_the_first_question_is_answered_before_consent_is_asked(amina: Talk) -> None:
    said = await amina.says("what is the minimum wage in romania", language="en")
    assert keys(said)[0] == "country_ask"
    said = await amina.presses("c:ro")
    assert keys(said)[0] == "ro-minimum-wage/answer/amount"
    assert keys(said)[-1] == "consent_ask"
    assert "4,325" in said[0].text
    again = await amina.says("how many hours may i work in a week")
    assert "consent_ask" not in keys(again)


async def test_no_still_gets_answers(amina: Talk, store: Store) -> None:
    await amina.commands("start en")
    await amina.presses("e:ro-minimum-wage")
    await amina.presses("k:n")
    said = await amina.says("how many hours can i work in one week")
    assert keys(said)[0].startswith("ro-hours/")


async def test_after_no_consent_is_asked_again_before_a_person(amina: Talk) -> None:
    await amina.commands("start en")
    await amina.presses("e:ro-minimum-wage")
    await amina.presses("k:n")
    said = await amina.presses("h")
    assert keys(said) == ["consent_handoff"]
    assert {"k:y", "k:a", "k:n"} <= set(actions(said))


async def test_country_is_asked_only_when_the_answer_depends_on_it(amina: Talk) -> None:
    await in_english(amina)
    said = await amina.says("what is voluntary return")
    assert "country_ask" not in keys(said)
    assert keys(said)[0].startswith("common-return-what/")


async def test_every_answer_names_its_source_and_offers_a_person(amina: Talk) -> None:
    await in_english(amina)
    said = await amina.presses("e:ro-minimum-wage")
    closing = next(line for line in said if line.block == "closing")
    assert "not yet confirmed" in closing.text
    assert "not legal advice" in closing.text
    assert "Source:" in closing.text
    assert {"v:y:ro-minimum-wage", "v:n:ro-minimum-wage", "h"} <= set(actions(said))


async def test_feedback_is_thanked_and_a_no_leads_on(amina: Talk) -> None:
    await in_english(amina)
    await amina.presses("e:ro-hours")
    assert keys(await amina.presses("v:y:ro-hours")) == ["helpful_thanks"]
    said = await amina.presses("v:n:ro-hours")
    assert keys(said) == ["helpful_no"] and "h" in actions(said)


async def test_two_failures_in_a_row_offer_a_person(amina: Talk) -> None:
    await in_english(amina)
    assert keys(await amina.says("xyzzy plugh qwrt"))[0] == "fallback_1"
    said = await amina.says("blorp fnord zzz")
    assert keys(said)[0] == "fallback_2" and "h" in actions(said)
    await amina.presses("e:ro-hours")
    assert keys(await amina.says("xyzzy plugh qwrt"))[0] == "fallback_1"


async def test_talk_to_a_person_hands_over_and_names_the_office(amina: Talk) -> None:
    await in_english(amina)
    await amina.presses("c:hu")
    said = await amina.commands("human")
    assert keys(said)[0] == "handoff_sent"
    assert keys(said)[1].startswith("hu-iom-contact/")
    waiting = await amina.store.desk.waiting("hu")
    assert [case.country for case in waiting] == ["hu"]


async def test_forget_deletes_and_says_what_it_cannot_delete(amina: Talk, store: Store) -> None:
    await in_english(amina)
    await amina.says("a secret about me")
    said = await amina.commands("forget")
    assert keys(said) == ["delete_done", "delete_limits"]
    texts = [line.text for line in await store.transcript(amina.person_hash)]
    assert "a secret about me" not in texts


@pytest.mark.fault("U11")
@pytest.mark.parametrize(
    "payload",
    ["x" * 64, "%%%", "'; DROP TABLE contact; --", "../../etc/passwd", "uk_../../x", "zz_ro-hours"],
)
async def test_an_odd_start_payload_is_ignored(amina: Talk, payload: str) -> None:
    said = await amina.commands(f"start {payload}", language="en")
    assert keys(said)[0] == "welcome"
    assert said[0].locale == "en"


async def test_a_deep_link_opens_its_entry_in_its_language(amina: Talk) -> None:
    said = await amina.commands("start uk_ro-etc", language="en")
    assert keys(said)[0] == "welcome"
    assert keys(said)[1].startswith("ro-etc/answer/") and said[1].locale == "uk"


@pytest.mark.parametrize("action", ["e:gone-entry", "t:gone", "zz", "v:y:gone", "k:q", "", "c:"])
async def test_a_button_of_an_old_release_is_answered(amina: Talk, action: str) -> None:
    await in_english(amina)
    said = await amina.presses(action)
    assert said and said[0].choices


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (Kind.VOICE, "err_voice"),
        (Kind.PHOTO, "err_file_type"),
        (Kind.DOCUMENT, "err_file_type"),
        (Kind.STICKER, "sticker_reply"),
        (Kind.LOCATION, "office_place_unread"),
        (Kind.CONTACT, "contact_reply"),
        (Kind.OTHER, "type_or_choose"),
    ],
)
async def test_what_is_not_text_gets_a_sensible_reply(amina: Talk, kind: Kind, key: str) -> None:
    await in_english(amina)
    said = await amina.says("", kind=kind)
    assert keys(said)[0] == key and said[0].choices


async def test_a_voice_note_gets_numbers_and_the_way_to_a_person(amina: Talk) -> None:
    await in_english(amina)
    said = await amina.says("", kind=Kind.VOICE)
    assert "112" in said[0].text and "📞" in said[0].text
    assert "h" in actions(said)


@pytest.mark.fault("U8")
async def test_an_edit_is_kept_and_answered_without_running_anything_again(
    amina: Talk, store: Store
) -> None:
    await in_english(amina)
    await amina.says("how many hours", message_id="m-first")
    said = await amina.says("minimum wage", kind=Kind.EDIT, edits="m-first", message_id="m-first")
    assert keys(said) == ["edit_reply"]
    texts = [line.text for line in await store.transcript(amina.person_hash)]
    assert "how many hours" in texts and "minimum wage" in texts


async def test_blocking_is_calm_and_coming_back_works(amina: Talk, store: Store) -> None:
    await in_english(amina)
    assert await amina.says("", kind=Kind.LEFT) == []
    await amina.says("hello there", kind=Kind.TEXT)
    assert await amina.says("", kind=Kind.RETURNED) == []
    said = await amina.presses("e:ro-hours")
    assert said


async def test_another_language_is_noticed_and_offered_in_its_own_words(amina: Talk) -> None:
    await in_english(amina)
    said = await amina.says("яка зараз мінімальна зарплата і скільки годин можна працювати")
    offer = next(line for line in said if line.block == "language_offer")
    assert offer.locale == "uk" and actions([offer]) == ["l:uk"]


async def test_a_language_we_do_not_have_is_told_which_ones_we_offer(amina: Talk) -> None:
    await in_english(amina)
    said = await amina.says("ሰላም እንዴት ነህ ዛሬ ምን አዲስ ነገር አለ")
    assert "language_not_offered" in keys(said)
    assert "Українська" in said[-1].text


async def test_the_same_in_the_web_pages_language(store: Store, parts: TurnParts) -> None:
    oleh = Talk(store, parts, "oleh")
    said = await oleh.says("ok?", language="uk")
    assert said[0].locale == "uk"


async def test_danger_in_an_edit_counts(amina: Talk) -> None:
    await in_english(amina)
    await amina.says("hello there", message_id="m-9")
    said = await amina.says("they will kill me tonight", kind=Kind.EDIT, edits="m-9")
    assert said[1].entry == "violence"


@pytest.mark.parametrize(
    "words",
    [
        "I live in Timișoara, where is the asylum office?",
        "How do I get from Győr to Budapest by train?",
    ],
)
async def test_the_name_of_a_place_does_not_change_the_language(amina: Talk, words: str) -> None:
    said = await amina.says(words, language="en")
    assert said[0].locale == "en"


async def test_what_one_person_asked_is_counted_and_not_kept(amina: Talk, store: Store) -> None:
    await in_english(amina)
    await amina.says("zzqx flurble my name is amina")
    samples = await store._db.read(
        lambda db: db.execute(text("SELECT asked, sample_sealed FROM unanswered"))
    )
    assert samples.fetchall() == [(1, None)]


async def test_after_no_the_session_forgets_what_kind_of_danger_it_was(amina: Talk) -> None:
    await in_english(amina)
    await amina.presses("k:n")
    await amina.says("my husband beats me")
    pending_person = await amina.store.load(await _pending(amina))
    assert "husband" not in pending_person.session
    assert "domestic" not in pending_person.session


async def _pending(amina: Talk) -> Pending:
    await amina.store.accept([Arrival(says("next"))])
    pending = await amina.store.next_pending(amina.person_hash)
    assert pending is not None
    return pending


async def test_nepali_in_latin_letters_is_answered_in_the_phones_language(amina: Talk) -> None:
    """To the detector it looks like a little English; the card has to be one they can read."""
    said = await amina.says("mero malik le passport rakhyo", language="ne")
    assert {line.locale for line in said} == {"ne"}
    assert "112" in said[0].text
