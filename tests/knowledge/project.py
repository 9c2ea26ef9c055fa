"""A small project in a temporary folder: three entries, one danger card, two locales."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

from bot.i18n import Problem, plurals
from bot.knowledge import Knowledge
from bot.knowledge.sync import extract

TODAY = datetime.date(2026, 11, 22)

_FRONT = """---
id: {id}
topic: {topic}
country: {country}
audience: [all]
risk: {risk}
status: ready
owner: editor
source: [X-1]
reviewed_on: {reviewed_on}
review_every: 90
expires_on: null
buttons: {buttons}
---
"""

WAGE = """# What is the minimum wage in {place}?

## label
Minimum wage

## examples
minimum wage
how much pay
lowest salary
wage per month
what do they pay
pay of a worker
money each month
least money

## answer: amount
The minimum wage is {{{code}_wage}} since {{{code}_wage_since}}. Text of 2024.

## answer: next
Help is free.
Call {{{code}_help_phone}}.
"""

ABOUT = """# What is this service?

## label
This service

## examples
who are you
what is this
are you a bot
hello what can you do
is this police
who writes here
what do you do
information about you

## answer: what
This is a free service of two offices.

## button: site
Our site
"""

FACTS = """{code}_wage:
  id: X-1
  kind: money
  value: {wage}
  currency: {currency}
  source: "https://www.example.org/wage"
  source_year: "2024-2026"
  confidence: medium
  state: unverified
  verified_on: null
  review_every: 30
{code}_wage_since:
  id: X-2
  kind: date
  value: 2026-07-01
  source: "https://www.example.org/wage"
  source_year: "2026"
  confidence: high
  state: unverified
  verified_on: null
  review_every: 30
"""

_COLUMNS = (
    "id,country,kind,name,city,address,latitude,longitude,phone,email,url,hours,languages,"
    "serves,source,source_year,confidence,state,review_every\n"
)
DIRECTORY = (
    _COLUMNS
    + "{code}-112,{CODE},emergency,Emergency,national,not applicable,,,112,not found,not found,"
    "24/7,not found,all,lists,2024,medium,unverified,30\n"
    "{code}-help,{CODE},helpline,Help line,national,not applicable,,,{phone},not found,"
    "https://help.example.org,not found,not found,work,https://help.example.org,2025,high,"
    "unverified,30\n"
    "{code}-old,{CODE},helpline,Old line,national,not applicable,,,0800 111 222,not found,"
    "not found,not found,not found,work,a list,undated,low,held,30\n"
)

CARD = """---
id: held
plan: D2
risk: S
owner: protection editor
numbers:
  ro: [ro-112, ro-help]
  hu: [hu-112, hu-help]
source: [X-3]
reviewed_on: null
review_every: 90
---
# Held or forced to work

## cues
they lock us in
my boss has my passport

## lookalikes
the embassy has my passport

## first
You did nothing wrong. These people help for free.
"""

LINES = """---
id: lines
---
## label: ro-112
Police, ambulance, fire

## label: ro-help
Help for workers

## label: hu-112
Police, ambulance, fire

## label: hu-help
Help for workers
"""

CODE = """from bot.messages import N_, NP_

HELLO = N_("hello", "Hello {name}.")
DAYS = NP_("days_left", "{n} day left", "{n} days left")
"""

UK = {
    "hello": "Вітаємо, {name}.",
    "common-about/question": "Що це за служба?",
    "common-about/label": "Ця служба",
    "common-about/examples": "хто ви\nщо це",
    "common-about/answer/what": "Це безкоштовна служба двох офісів.",
    "common-about/button/site": "Наш сайт",
    "ro-wage/question": "Яка мінімальна зарплата в Румунії?",
    "ro-wage/label": "Мінімальна зарплата",
    "ro-wage/examples": "мінімалка\nскільки платять",
    "ro-wage/answer/amount": "Мінімальна зарплата {ro_wage} з {ro_wage_since}. Текст 2024 року.",
    "ro-wage/answer/next": "Допомога безкоштовна.\nТелефон: {ro_help_phone}.",
    "held/title": "Вас тримають",
    "held/cues": "нас замкнули\nзабрав паспорт",
    "held/lookalikes": "паспорт у посольстві",
    "held/first": "Ви нічого поганого не зробили.",
    "lines/label/ro-112": "Поліція, швидка, пожежна",
    "lines/label/ro-help": "Допомога працівникам",
    "lines/label/hu-112": "Поліція, швидка, пожежна",
    "lines/label/hu-help": "Допомога працівникам",
}
AR = {
    "hello": "مرحبا {name}.",
    "ro-wage/question": "ما هو الحد الأدنى للأجور في رومانيا؟",
    "ro-wage/answer/amount": "الحد الأدنى للأجور {ro_wage} منذ {ro_wage_since}. نص عام ٢٠٢٤.",
    "ro-wage/answer/next": "المساعدة مجانية.\nاتصل على {ro_help_phone}.",
    "held/title": "محتجز",
    "held/cues": "حبسونا",
    "held/lookalikes": "جوازي في السفارة",
    "held/first": "أنت لم تفعل شيئا خاطئا.",
    "lines/label/ro-112": "الشرطة والإسعاف",
    "lines/label/ro-help": "مساعدة العمال",
    "lines/label/hu-112": "الشرطة والإسعاف",
    "lines/label/hu-help": "مساعدة العمال",
}


class Project:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.var = root / "var"
        self.write("bot/words.py", CODE)
        for code, place, wage, currency, phone in (
            ("ro", "Romania", 4325, "RON", "0800 800 678"),
            ("hu", "Hungary", 322800, "HUF", "+36 80 205 520; 116 000"),
        ):
            self.entry(f"{code}-wage", code, WAGE.format(place=place, code=code), risk="L")
            facts = FACTS.format(code=code, wage=wage, currency=currency)
            self.write(f"content/facts/{code}.yaml", facts)
            rows = DIRECTORY.format(code=code, CODE=code.upper(), phone=phone)
            self.write(f"content/directory/{code}.csv", rows)
        buttons = '["entry:ro-wage", "entry:hu-wage", "danger:held", "link:site={ro_help_url}"]'
        self.entry("common-about", "common", ABOUT, topic="other", risk="G", buttons=buttons)
        self.write("content/danger/held.md", CARD)
        self.write("content/danger/lines.md", LINES)
        self.locale("uk", UK)
        self.locale("ar", AR)

    def entry(
        self,
        entry_id: str,
        country: str,
        body: str,
        *,
        topic: str = "labour_rights",
        risk: str = "L",
        buttons: str = "[]",
        reviewed_on: str = "null",
    ) -> None:
        front = _FRONT.format(
            id=entry_id,
            topic=topic,
            country=country,
            risk=risk,
            buttons=buttons,
            reviewed_on=reviewed_on,
        )
        self.write(f"content/faq/{country}/{entry_id}.md", front + body)

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # Editors replace files; a new inode also makes a quick second save visible.
        draft = file.with_name(file.name + "~")
        draft.write_bytes(text.encode() if isinstance(text, str) else text)
        os.replace(draft, file)  # noqa: PTH105
        return file

    def read(self, path: str) -> str:
        return (self.root / path).read_text("utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text
        self.write(path, text.replace(old, new, 1))

    def locale(self, locale: str, texts: dict[str, str], comment: str = "") -> None:
        templates, _ = extract(self.root)
        for name, sources in templates.items():
            rows = [po_header(locale)]
            for ctx, source in sources.items():
                if ctx in texts:
                    rows.append(po_entry(ctx, source.text, texts[ctx], comment))
            self.write(f"locales/{locale}/LC_MESSAGES/{name}.po", "\n".join(rows))

    def open(self, stage: str = "demo", today: datetime.date = TODAY) -> Knowledge:
        assert stage in ("demo", "live")
        return Knowledge.open(self.root, self.var, stage, lambda: today)  # type: ignore[arg-type]


def po_header(locale: str) -> str:
    return (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {locale}\\n"\n'
        '"Content-Type: text/plain; charset=UTF-8\\n"\n'
        f'"Plural-Forms: {plurals.header(locale)}\\n"\n'
    )


def po_entry(ctx: str, english: str, text: str, comment: str = "") -> str:
    note = f"# {comment}\n" if comment else ""
    return f'{note}msgctxt "{ctx}"\nmsgid {quoted(english)}\nmsgstr {quoted(text)}\n'


def quoted(text: str) -> str:
    lines = text.replace("\\", "\\\\").replace('"', '\\"').splitlines(keepends=True) or [""]
    escaped = ['"' + line.replace("\n", "\\n") + '"' for line in lines]
    return escaped[0] if len(escaped) == 1 else "\n".join(['""', *escaped])


def errors(knowledge: Knowledge) -> list[Problem]:
    return [problem for problem in knowledge.problems if problem.severity == "error"]
