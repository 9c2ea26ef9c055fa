from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.exceptions import WebSocketDisconnect
from litestar.testing import TestClient

from bot.channels import web_page
from bot.channels.web_page import read_assets
from bot.channels.web_service import Shown
from bot.channels.web_token import issue_token, verify_token
from bot.channels.web_words import WORDS
from bot.messages import Choice, Kind
from tests.browser.web_arabic import ARABIC
from tests.browser.web_fake import KEY, FakeService, application

TEMPLATES = Path(web_page.__file__).parent / "templates"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def client(service: FakeService) -> Iterator[TestClient[Any]]:
    with TestClient(
        application(service), raise_server_exceptions=False
    ) as client:  # fmt: skip
        yield client


@pytest.fixture
def token() -> str:
    return issue_token(KEY)


def say(client: TestClient[Any], token: str, **message: Any) -> Any:
    message = {"id": "message-1", "locale": "en"} | message
    return client.post("/chat/messages", json=message, headers={"X-Punte-Token": token})


def post_form(client: TestClient[Any], path: str, **fields: str) -> Any:
    fields = {"id": "message-1", "lang": "en"} | fields
    return client.post(path, content=urlencode(fields), headers=FORM, follow_redirects=False)


def field(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


# The first page


def test_first_page_has_both_countries_numbers_and_a_form(client: TestClient[Any]) -> None:
    html = client.get("/").text
    assert html.count('href="tel:112"') >= 4
    assert "Romania" in html
    assert "Hungary" in html
    assert '<form id="f" method="post" action="/chat' in html
    assert verify_token(KEY, field(html, "token"))
    assert WORDS["demo"].english in html
    assert WORDS["not_emergency"].english in html


def test_first_page_touches_no_storage_and_sets_no_cookie(service: FakeService) -> None:
    service.away = True
    with TestClient(application(service)) as client:
        answer = client.get("/")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert service.accepted == []


def test_live_stage_shows_no_trial_notice(service: FakeService) -> None:
    service.settings.stage = "live"
    with TestClient(application(service)) as client:
        assert WORDS["demo"].english not in client.get("/").text


def test_language_comes_from_the_address_then_from_the_browser(client: TestClient[Any]) -> None:
    assert '<html lang="ar" dir="rtl">' in client.get("/?lang=ar").text
    by_browser = client.get("/", headers={"accept-language": "uk-UA,uk;q=0.9"})
    assert '<html lang="uk" dir="ltr">' in by_browser.text
    assert 'lang="en"' in client.get("/", headers={"accept-language": "xx"}).text


@pytest.mark.fault("W10")
@pytest.mark.parametrize("locale", ["../../x", "ru%00", "x" * 10_000, "RU-ru", "%ff", "en%0d%0aa"])
def test_foreign_locale_is_the_default(
    client: TestClient[Any], token: str, service: FakeService, locale: str
) -> None:
    assert '<html lang="en"' in client.get(f"/?lang={locale}").text
    assert '<html lang="en"' in client.get("/", headers={"accept-language": locale}).text
    assert say(client, token, text="hi", locale=locale).status_code == 200
    assert service.accepted[0].language == "en"


def test_deep_link_offers_the_entry_and_changes_nothing(
    client: TestClient[Any], service: FakeService
) -> None:
    html = client.get("/?lang=uk&country=ro&entry=ro-asylum-where").text
    assert 'value="e:ro-asylum-where"' in html
    assert field(html, "country") == "ro"
    unknown = client.get("/?country=xx&entry=<script>").text
    assert 'value="e:' not in unknown
    assert field(unknown, "country") == ""
    assert service.accepted == []


def test_arabic_page_speaks_arabic(client: TestClient[Any]) -> None:
    assert ARABIC["heading"] in client.get("/?lang=ar").text


def test_sizes_are_within_the_budget(client: TestClient[Any]) -> None:
    assets = read_assets()
    assert len(gzip.compress(client.get("/?lang=ar").content)) <= 14_000
    assert len(assets["punte.js"].packed) <= 6_500
    assert len(assets["punte.css"].packed) <= 4_000
    assert len(assets["launcher.js"].packed) <= 2_000


def test_page_and_files_name_no_other_host(client: TestClient[Any]) -> None:
    texts = [client.get("/").text, *(a.body.decode() for a in read_assets().values())]
    hosts = set(re.findall(r"https?://([a-z0-9.-]+)", "\n".join(texts)))
    assert hosts <= {"exit.example", "igi.mai.gov.ro", "punte.example", "www.w3.org"}


# The form, with no script


def test_form_answers_with_the_whole_conversation(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    answer = post_form(client, "/chat", token=token, text="Where?", country="ro", lang="en")
    assert answer.status_code == 200
    assert "Where?" in answer.text
    assert "any police station" in answer.text
    assert '<a href="tel:+40212408427">' in answer.text
    assert 'value="flow:talk-to-counsellor"' in answer.text
    assert field(answer.text, "token") == token
    assert field(answer.text, "id") != "message-1"
    (inbound,) = service.accepted
    assert (inbound.channel, inbound.kind, inbound.text) == ("web", Kind.TEXT, "Where?")
    assert (inbound.person_id, inbound.country) == (verify_token(KEY, token), "ro")


def test_pressed_choice_is_a_button_and_keeps_the_draft(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    answer = post_form(client, "/chat", token=token, action="menu", text="half a quest")
    assert (service.accepted[0].kind, service.accepted[0].action) == (Kind.BUTTON, "menu")
    assert service.accepted[0].text == ""
    assert "half a quest</textarea>" in answer.text


def test_form_sent_twice_is_one_message(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    for _ in range(2):
        assert post_form(client, "/chat", token=token, text="once").status_code == 200
    assert service.texts() == ["once"]


def test_two_people_may_use_the_same_message_id(
    client: TestClient[Any], service: FakeService
) -> None:
    for _ in range(2):
        post_form(client, "/chat", token=issue_token(KEY), text="help")
    assert service.texts() == ["help", "help"]


def test_empty_message_is_asked_for_again(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    answer = post_form(client, "/chat", token=token, text=" \n ")
    assert WORDS["err_empty"].english in answer.text
    assert service.accepted == []


def test_switching_the_language_keeps_the_draft_and_tells_a_conversation(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    fresh = post_form(client, "/chat", token=token, text="draft", switch="ar")
    assert '<html lang="ar" dir="rtl">' in fresh.text
    assert "draft</textarea>" in fresh.text
    assert service.accepted == []
    post_form(client, "/chat", token=token, text="hello", id="message-2")
    post_form(client, "/chat", token=token, text="draft", switch="ar", id="message-3")
    assert (service.accepted[-1].kind, service.accepted[-1].action) == (
        Kind.COMMAND,
        "language ar",
    )


def test_slow_answer_is_said_and_can_be_asked_for(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    service.slow = True
    answer = post_form(client, "/chat", token=token, text="hello")
    assert WORDS["waiting"].english in answer.text
    person = verify_token(KEY, token)
    assert person
    service.add(person, "counsellor", "Good morning")
    again = post_form(client, "/chat", token=token, refresh="1", id="message-2")
    assert "Good morning" in again.text
    assert len(service.accepted) == 1


@pytest.mark.fault("D3")
def test_form_says_that_nothing_was_saved_and_keeps_the_text(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    service.away = True
    answer = post_form(client, "/chat", token=token, text="they locked us in", id="message-7")
    assert answer.status_code == 503
    assert WORDS["not_saved"].english in answer.text
    assert "they locked us in</textarea>" in answer.text
    assert field(answer.text, "id") == "message-7"
    assert "You did nothing wrong" in answer.text


def test_forgetting_gives_an_empty_page_with_a_new_token(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    post_form(client, "/chat", token=token, text="my secret")
    answer = post_form(client, "/chat/forget", token=token)
    assert service.accepted[-1].action == "forget"
    assert WORDS["deleted"].english in answer.text
    assert "my secret" not in answer.text
    assert field(answer.text, "token") != token


# What the script calls


def test_stored_is_said_only_after_storage(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    service.away = True
    answer = say(client, token, text="locked in", locale="ar")
    assert answer.status_code == 503
    assert answer.json()["stored"] is False
    assert answer.json()["message"] == ARABIC["not_saved"]
    assert answer.json()["safety"][0]["text"].startswith("You did nothing wrong")
    service.away = False
    assert say(client, token, text="locked in").json() == {"stored": True}
    assert say(client, token, text="locked in").json() == {"stored": True}
    assert service.texts() == ["locked in"]


def test_messages_come_after_the_cursor(client: TestClient[Any], token: str) -> None:
    say(client, token, text="Where?")
    headers = {"X-Punte-Token": token}
    shown = client.get("/chat/messages?after=0", headers=headers).json()["messages"]
    assert [bubble["author"] for bubble in shown] == ["person", "bot"]
    assert shown[0]["id"] == "message-1"
    assert shown[1]["choices"][2] == {
        "label": "Immigration authority",
        "action": "",
        "url": "https://igi.mai.gov.ro",
    }
    later = client.get("/chat/messages?after=1", headers=headers).json()["messages"]
    assert [bubble["seq"] for bubble in later] == [2]


@pytest.mark.parametrize("after", ["-1", "x", "1e3", "9" * 30, "%00"])
def test_forged_cursor_is_refused(client: TestClient[Any], token: str, after: str) -> None:
    for path in ("/chat/messages", "/chat/stream"):
        answer = client.get(f"{path}?after={after}", headers={"X-Punte-Token": token})
        assert answer.status_code == 400


@pytest.mark.fault("X1")
def test_what_no_database_takes_is_replaced(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    body = json.dumps({"id": "message-1", "text": "a\x00b\ud83d\ufffe\x1bc\r\nd"}).encode()
    headers = {"X-Punte-Token": token, "content-type": "application/json"}
    assert client.post("/chat/messages", content=body, headers=headers).status_code == 200
    post_form(client, "/chat", token=token, text="x\x00y", id="message-2")
    assert service.texts() == ["a\ufffdb\ufffd\ufffd\ufffdc\nd", "x\ufffdy"]


@pytest.mark.fault("X5")
@pytest.mark.fault("X6")
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"id": "message-1", "text": "\xff"}', 400),
        (b'\xef\xbb\xbf{"id": "message-1", "text": "a"}', 400),
        ('{"id": "message-1", "text": "a"}'.encode("utf-16"), 400),
        (b'{"id": "message-1", "text": NaN}', 400),
        (b'{"id": "message-1", "text": ' + b"9" * 5000 + b"}", 400),
        (b"[" * 60_000, 400),
        (b'{"a":' * 13_000, 400),
        (b'{"id": "message-1", "text": "' + b"a" * 2_000_000 + b'"}', 413),
        (b"[1]", 400),
        (b"", 400),
        (b'{"text": "no id"}', 400),
        (b'{"id": "short", "text": "a"}', 400),
        (b'{"id": "message-1", "text": ["a"]}', 400),
        (b'{"id": "message-1", "text": "  "}', 400),
        (b'{"id": "message-1", "action": "' + b"a" * 65 + b'"}', 400),
    ],
)
def test_unreadable_bodies_are_refused_with_words(
    client: TestClient[Any], service: FakeService, token: str, body: bytes, status: int
) -> None:
    headers = {"X-Punte-Token": token, "content-type": "application/json"}
    answer = client.post("/chat/messages", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert service.accepted == []


@pytest.mark.fault("X5")
@pytest.mark.parametrize("body", [b"text=%ff&id=message-1", b"\xff\xfe", b"&" * 100 + b"a=1" * 30])
def test_unreadable_forms_are_refused(
    client: TestClient[Any], service: FakeService, body: bytes
) -> None:
    assert client.post("/chat", content=body, headers=FORM).status_code in (400, 403)
    assert service.accepted == []


@pytest.mark.fault("X4")
def test_a_message_of_100000_characters_gets_a_clear_reply(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    by_script = say(client, token, text="a" * 100_000)
    assert by_script.status_code == 413
    assert by_script.json()["message"] == WORDS["err_too_long"].english
    by_form = post_form(client, "/chat", token=token, text="a" * 100_000)
    assert by_form.status_code == 413
    assert WORDS["err_too_long"].english in by_form.text
    assert 'href="tel:112"' in by_form.text


# Markup


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        assert not any(str(value).lower().startswith("javascript:") for _, value in attrs)


@pytest.mark.fault("X7")
@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "[a](javascript:x)"],
)
def test_markup_stays_words(client: TestClient[Any], token: str, text: str) -> None:
    plain = Tags()
    plain.feed(post_form(client, "/chat", token=token, text="hello").text)
    html = post_form(client, "/chat", token=token, text=text, id="message-2").text
    tags = Tags()
    tags.feed(html)
    assert tags.seen.count("script") == plain.seen.count("script") == 1
    assert "img" not in tags.seen
    assert "49" not in re.findall(r'<p dir="auto"[^>]*>(.*?)</p>', html)


@pytest.mark.fault("X7")
def test_button_with_a_strange_address_is_left_out(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    person = verify_token(KEY, token)
    assert person
    bad = (Choice("Open", url="javascript:alert(1)"), Choice("Empty"))
    service.shown[person].append(Shown(1, "bot", "Look", choices=bad, locale="en"))
    assert "javascript:" not in post_form(client, "/chat", token=token, refresh="1").text
    headers = {"X-Punte-Token": token}
    shown = client.get("/chat/messages", headers=headers).json()["messages"]
    assert shown[0]["choices"] == []


@pytest.mark.fault("X2")
def test_direction_signs_of_a_person_are_visible(client: TestClient[Any], token: str) -> None:
    html = post_form(client, "/chat", token=token, text="abc\u202edef").text
    assert '<bdi class="sign" dir="ltr">U+202E</bdi>' in html


# Who may ask what


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    "token", ["", "x" * 64, issue_token(b"other" * 8)], ids=["none", "made up", "of another key"]
)
def test_no_or_wrong_token_changes_nothing(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    assert say(client, token, text="hi").status_code == 403
    assert post_form(client, "/chat", token=token, text="hi").status_code == 403
    assert post_form(client, "/chat/forget", token=token).status_code == 403
    for path in ("/chat/messages", "/chat/stream"):
        assert client.get(path, headers={"X-Punte-Token": token}).status_code == 403
    assert post_form(client, "/leave", token=token).status_code == 303
    assert service.accepted == []
    assert service.left == set()


@pytest.mark.fault("W4")
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/chat", "/chat/messages", "/chat/forget", "/leave"])
def test_posts_of_other_sites_are_refused(
    client: TestClient[Any], service: FakeService, token: str, path: str, headers: dict[str, str]
) -> None:
    content = urlencode({"token": token, "id": "message-1", "text": "hi"})
    headers = {**FORM, **headers, "X-Punte-Token": token}
    answer = client.post(path, content=content, headers=headers, follow_redirects=False)
    assert answer.status_code == 403
    assert WORDS["err_refused"].english in answer.text
    assert service.accepted == []
    assert service.left == set()


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "http://testserver.local"},
        {},
    ],
)
def test_posts_of_our_own_page_are_taken(
    client: TestClient[Any], token: str, headers: dict[str, str]
) -> None:
    content = urlencode({"token": token, "id": "message-1", "text": "hi"})
    answer = client.post("/chat", content=content, headers=FORM | headers)
    assert answer.status_code == 200


@pytest.mark.fault("W4")
@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "text/json"])
def test_other_content_types_are_refused(
    client: TestClient[Any], service: FakeService, token: str, kind: str
) -> None:
    for path in ("/chat", "/chat/messages", "/chat/forget"):
        headers = {"content-type": kind}
        if path == "/chat/messages":
            headers["X-Punte-Token"] = token
        body = b'{"id": "message-1", "text": "hi"}'
        assert client.post(path, content=body, headers=headers).status_code == 403
    by_form = client.post(
        "/chat/messages", content=b"a=1", headers={**FORM, "X-Punte-Token": token}
    )
    assert by_form.status_code == 403
    assert service.accepted == []


@pytest.mark.fault("W4")
def test_no_get_changes_anything(client: TestClient[Any], service: FakeService, token: str) -> None:
    for path in ("/chat", "/chat/forget", "/leave"):
        answer = client.get(f"{path}?token={token}&text=hi&id=message-1")
        assert answer.status_code == 405
    assert service.accepted == []
    assert service.left == set()


@pytest.mark.fault("W3")
@pytest.mark.parametrize("path", ["/", "/chat/stream", "/nothing"])
def test_websocket_is_refused(client: TestClient[Any], path: str) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(path) as socket:
        socket.receive()
    upgrade = {"connection": "upgrade", "upgrade": "websocket"}
    assert client.get(path, headers=upgrade).status_code == 400


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example", "[::1]"])
def test_other_hosts_are_not_served(client: TestClient[Any], host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


def test_public_address_is_served(service: FakeService) -> None:
    service.settings.public_url = "https://punte.example"
    with TestClient(application(service)) as client:
        assert client.get("/", headers={"host": "punte.example"}).status_code == 200
        assert client.get("/", headers={"host": "punte.example:443"}).status_code == 200


# Leaving


@pytest.mark.fault("W13")
def test_leaving_kills_the_token_and_leads_away(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    post_form(client, "/chat", token=token, text="my secret")
    answer = post_form(client, "/leave", token=token)
    assert answer.status_code == 303
    assert answer.headers["location"] == "https://exit.example/"
    assert '"cache"' in answer.headers["clear-site-data"]
    back = post_form(client, "/chat", token=token, text="again", id="message-2")
    assert back.status_code == 403
    assert "my secret" not in back.text
    assert say(client, token, text="x").status_code == 403
    for path in ("/chat/messages", "/chat/stream"):
        assert client.get(path, headers={"X-Punte-Token": token}).status_code == 403
    assert service.texts() == ["my secret"]


@pytest.mark.fault("W13")
def test_leaving_works_while_everything_is_down(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    service.away = True
    assert post_form(client, "/leave", token=token).status_code == 303
    assert client.post("/leave", content=b"\xff", follow_redirects=False).status_code == 303
    service.broken = True
    assert post_form(client, "/leave", token=token).status_code == 303


# Errors


@pytest.mark.fault("W14")
def test_errors_are_translated_and_say_nothing_inside(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    missing = client.get("/nothing?lang=ar")
    assert missing.status_code == 404
    assert ARABIC["err_not_found"] in missing.text
    assert 'dir="rtl"' in missing.text
    service.broken = True
    pages = [
        client.get("/boom"),
        post_form(client, "/chat", token=token, text="my secret"),
        say(client, token, text="my secret"),
        client.get("/chat/messages", headers={"X-Punte-Token": token}),
    ]
    for page in pages:
        assert page.status_code == 500
        assert WORDS["err_broken"].english in page.text
        assert re.search(r"[0-9a-f]{8}", page.text)
        for inside in ("Traceback", "select", "/var/lib", "RuntimeError", "my secret"):
            assert inside not in page.text


@pytest.mark.fault("W14")
def test_errors_reach_the_log_without_words(
    client: TestClient[Any], service: FakeService, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    service.broken = True
    number = say(client, token, text="my secret").json()["id"]
    (record,) = [r for r in caplog.records if r.name.startswith("bot.")]
    assert record.__dict__["request"] == number
    assert record.getMessage() == "request failed"


def test_bad_address_is_not_repeated(client: TestClient[Any]) -> None:
    assert "CANARY" not in client.get("/CANARY?x=CANARY").text
    assert "CANARY" not in client.get("/static/CANARY").text


# Headers

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(self), microphone=()",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE_OF_PAGE = read_assets()["punte.css"].body
STYLE = f"sha256-{base64.b64encode(hashlib.sha256(STYLE_OF_PAGE).digest()).decode()}"
PAGE = ALWAYS | {
    "content-security-policy": "default-src 'none'; base-uri 'none'; script-src 'self';"
    f" style-src '{STYLE}'; img-src 'self'; connect-src 'self';"
    " form-action 'self' https://exit.example; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'",
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}
OTHER = ALWAYS | {
    "content-security-policy": NOTHING,
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
}
STATIC = OTHER | {"cache-control": "public, max-age=604800"}
LAUNCHER = STATIC | {"cross-origin-resource-policy": "cross-origin"}


@pytest.mark.fault("W9")
@pytest.mark.parametrize(
    ("method", "path", "status", "wanted"),
    [
        ("GET", "/", 200, PAGE),
        ("GET", "/nothing", 404, PAGE),
        ("GET", "/chat", 405, PAGE),
        ("POST", "/", 405, PAGE),
        ("POST", "/chat", 403, PAGE),
        ("GET", "/boom", 500, PAGE),
        ("GET", "/static/nothing.js", 404, PAGE),
        ("GET", "/chat/messages", 403, OTHER),
        ("POST", "/chat/messages", 403, OTHER),
        ("GET", "/chat/stream", 403, OTHER),
        ("DELETE", "/chat/stream", 405, OTHER),
        ("POST", "/leave", 303, OTHER),
        ("GET", "/static/favicon.svg", 200, STATIC),
        ("GET", "/static/punte.css", 404, PAGE),
        ("GET", "/static/punte.js", 200, STATIC),
        ("GET", "/launcher.js", 200, LAUNCHER),
    ],
)
def test_headers_of_each_class(
    client: TestClient[Any], method: str, path: str, status: int, wanted: dict[str, str]
) -> None:
    answer = client.request(method, path, follow_redirects=False)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in wanted} == wanted


@pytest.mark.fault("W9")
def test_headers_of_a_body_that_is_too_large(client: TestClient[Any], token: str) -> None:
    answer = say(client, token, text="a" * 100_000)
    assert {name: answer.headers.get(name) for name in OTHER} == OTHER
    page = post_form(client, "/chat", token=token, text="a" * 100_000)
    assert {name: page.headers.get(name) for name in PAGE} == PAGE


def test_named_sites_may_frame_the_page(service: FakeService) -> None:
    service.settings.widget_origins = ("https://partner.example",)
    with TestClient(application(service)) as client:
        headers = client.get("/").headers
    assert "frame-ancestors https://partner.example;" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "cross-origin"


def test_pages_and_files_are_packed_for_browsers_that_take_it(client: TestClient[Any]) -> None:
    for path in ("/", "/static/punte.js"):
        packed = client.get(path, headers={"accept-encoding": "gzip"})
        plain = client.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "content-encoding" not in plain.headers
        assert len(packed.content) == pytest.approx(len(plain.content), abs=4)


def test_every_word_of_the_templates_exists() -> None:
    used = set()
    for template in TEMPLATES.glob("*.html"):
        used |= set(re.findall(r"""w\(["']([a-z_]+)["']""", template.read_text()))
    assert len(used) > 20
    assert used <= set(WORDS)


# Clearing the page


def test_hiding_empties_the_page_and_the_conversation_goes_on(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    post_form(client, "/chat", token=token, text="my secret", lang="en")
    person = verify_token(KEY, token)
    assert person is not None
    service.shown[person].clear()  # what the store does with the command
    answer = post_form(client, "/chat/hide", token=token, lang="en")
    assert answer.status_code == 200
    assert "my secret" not in answer.text and WORDS["hidden"].english in answer.text
    assert field(answer.text, "token") == token and 'data-live="1"' in answer.text
    assert 'id="hello">' in answer.text  # as nobody had written here
    last = service.accepted[-1]
    assert (last.kind, last.action) == (Kind.COMMAND, "hide")


@pytest.mark.parametrize("what", [{"text": "/hide"}, {"text": " /HIDE "}, {"action": "P:h"}])
def test_typed_or_pressed_it_is_the_same(
    client: TestClient[Any], service: FakeService, token: str, what: dict[str, str]
) -> None:
    answer = post_form(client, "/chat", token=token, lang="en", **what)
    assert WORDS["hidden"].english in answer.text
    assert service.accepted[-1].action == "hide"


def test_a_page_that_is_not_empty_yet_says_so(
    client: TestClient[Any], service: FakeService, token: str
) -> None:
    service.slow = True
    answer = post_form(client, "/chat/hide", token=token, lang="en")
    assert WORDS["hiding"].english in answer.text


def test_hiding_needs_the_token(client: TestClient[Any]) -> None:
    assert post_form(client, "/chat/hide", token="x", lang="en").status_code == 403
