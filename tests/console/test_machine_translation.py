from __future__ import annotations

from bot.knowledge import Knowledge
from bot.storage import Store
from tests.console.desk_rig import Rig


async def test_a_machine_translation_stands_beside_the_original_and_is_called_one(
    store: Store, knowledge: Knowledge
) -> None:
    async def translate(text: str, locale: str) -> str:
        return {"أحتاج مساعدة": "Am nevoie de ajutor"}.get(text, "") if locale == "ro" else ""

    rig = Rig(store, knowledge)
    object.__setattr__(rig.parts, "translate", translate)
    number = await rig.asks("أحتاج مساعدة", locale="ar")
    petra = await rig.browser("petra", locale="ro", languages=("ro",))
    page = (await petra.claims(number)).text
    assert "أحتاج مساعدة" in page and "Am nevoie de ajutor" in page
    assert '<p class="machine">' in page
    rig.close()


async def test_who_speaks_the_language_reads_the_original_alone(
    store: Store, knowledge: Knowledge
) -> None:
    async def translate(text: str, locale: str) -> str:
        raise AssertionError("nobody asked for that")

    rig = Rig(store, knowledge)
    object.__setattr__(rig.parts, "translate", translate)
    number = await rig.asks("أحتاج مساعدة", locale="ar")
    petra = await rig.browser("petra", locale="ro", languages=("ro", "ar"))
    assert '<p class="machine">' not in (await petra.claims(number)).text
    rig.close()
