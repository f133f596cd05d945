"""The sheets: what Markdown, HTML and GIFT hold is the quiz, the key is on its own page, nothing is fetched."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from brickwork import zoo
from brickwork.errors import BrickworkError
from brickwork.exam import Quiz, quiz
from brickwork.exam.forms.gift import escape_gift
from brickwork.exam.forms.html import html_sheet
from brickwork.network import Network

NAMES = ("lenet5", "alexnet", "googlenet", "resnet50", "resnet20", "vgg16", "inception_v4", "nin_cifar")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(params=NAMES)
def sheet(request: pytest.FixtureRequest) -> Quiz:
    return quiz(zoo.network(request.param), 10, 7)


def test_markdown_has_the_questions_before_the_break_and_the_key_behind_it(sheet: Quiz) -> None:
    paper, key = sheet.render("markdown").split('<div style="page-break-after: always"></div>')
    found = re.findall(r"^(\d+)\. (.*)\n\n((?:   - [A-D]\. .*\n)+)", paper, re.MULTILINE)
    assert len(found) == 10
    keys = re.findall(r"^(\d+)\. \*\*([A-D])\*\*, (.*?): `(.*)`\. (.*)\.$", key, re.MULTILINE)
    for question, (_, text, answers), (_, letter, right, arithmetic, wrong) in zip(
        sheet.questions, found, keys, strict=True
    ):
        assert question.text in text.replace("\\", "")
        answers = re.findall(r"- [A-D]\. (.*)", answers.replace("\\", ""))
        assert answers == [answer.text for answer in question.answers]
        assert answers["ABCD".index(letter)] == right.replace("\\", "")
        assert arithmetic == question.arithmetic
        assert wrong.count(": ") >= 3
        assert question.arithmetic not in paper
    mistakes = [answer.mistake for question in sheet.questions for answer in question.answers if answer.mistake]
    assert not any(mistake in paper for mistake in mistakes)


class Reader(HTMLParser):
    """The words of a page in order, with the classes of what they stand in, and all that it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[tuple[str, str]] = []
        self.fetched: list[str] = []
        self.stack: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.stack.append(dict(attrs).get("class") or tag)

    def handle_endtag(self, tag: str) -> None:
        self.stack.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.append((" ".join(self.stack), data.strip()))


def test_html_holds_the_quiz_and_fetches_nothing(sheet: Quiz) -> None:
    text = sheet.render("html")
    page = Reader(text)
    assert page.stack == []
    assert page.fetched == []
    assert "http" not in text
    assert "@import" not in text
    answers = [words for place, words in page.words if re.search(r"options( long)? div$", place)]
    assert answers == [answer.text for question in sheet.questions for answer in question.answers]
    assert [words for place, words in page.words if place.endswith("letter")] == [
        question.letter for question in sheet.questions
    ]
    start = next(number for number, (place, _) in enumerate(page.words) if " key" in place)
    assert all(" key" in place for place, _ in page.words[start:])
    assert not any(question.arithmetic in words for question in sheet.questions for _, words in page.words[:start])
    assert ".key { break-before: page" in text


def parse_gift(text: str) -> list[tuple[str, list[tuple[str, str, str]], str]]:
    """Questions of a GIFT file as Moodle reads them: text, (sign, answer, feedback) and the feedback to all."""
    found = []
    for part in text.split("\n\n"):
        lines = [line for line in part.splitlines() if not line.startswith("//")]
        if not lines or lines[0].startswith("$CATEGORY:"):
            continue
        marked = re.sub(r"\\([\\~=#{}:])", lambda sign: f"\0{ord(sign[1]):03}", "\n".join(lines))
        title, body, answers = re.fullmatch(r"::(.*?)::\[plain\](.*?)\{(.*)\}", marked, re.DOTALL).groups()  # type: ignore[union-attr]
        assert not re.search(r"[~=#{}]", title + body)
        answers, _, general = answers.partition("####")
        answers = re.findall(r"([=~])([^=~#]*)(?:#([^=~#]*))?", answers)
        assert not re.search(r"[~=#{}:]", general)
        found.append((plain(body), [(sign, plain(a), plain(b)) for sign, a, b in answers], plain(general)))
    return found


def plain(text: str) -> str:
    return re.sub("\0(\\d{3})", lambda code: chr(int(code[1])), text).strip()


def test_gift_is_read_back_as_the_quiz(sheet: Quiz) -> None:
    read = parse_gift(sheet.render("gift"))
    assert len(read) == len(sheet.questions)
    for question, (text, answers, general) in zip(sheet.questions, read, strict=True):
        assert text.endswith(question.text)
        assert [(answer, mistake) for _, answer, mistake in answers] == [tuple(answer) for answer in question.answers]
        assert [sign for sign, _, _ in answers].index("=") == question.key
        assert [sign for sign, _, _ in answers].count("=") == 1
        assert general == question.arithmetic


def test_gift_escapes_each_sign_that_has_a_meaning() -> None:
    assert escape_gift(r"a~b=c#d{e}f:g\h") == r"a\~b\=c\#d\{e\}f\:g\\h"


def test_a_network_s_name_does_nothing_to_a_sheet() -> None:
    known = zoo.network("lenet5")
    own = Network("<script>x</script>~={}#*_", known.input, known.classes, known.stages, known.head)
    sheet = quiz(own, 20, 1)
    page = Reader(sheet.render("html"))
    assert not any("script" in place for place, _ in page.words)
    assert any("<script>x</script>~={}#*_: 20" in words for _, words in page.words)
    assert len(parse_gift(sheet.render("gift"))) == 20
    assert r"\<script\>x\</script\>\~={}\#\*\_" in sheet.render("markdown").replace(r"\{", "{").replace(r"\}", "}")


def test_another_form_is_told_with_the_nearest() -> None:
    with pytest.raises(
        BrickworkError, match="a quiz is written as markdown, html, gift, not 'htm': did you mean 'html'"
    ):
        quiz(zoo.network("lenet5"), 1).render("htm")  # type: ignore[arg-type]


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_ten_questions_are_printed_on_a_page_and_the_key_on_another(tmp_path: Path) -> None:
    for name in ("alexnet", "googlenet"):
        page, printed = tmp_path / f"{name}.html", tmp_path / f"{name}.pdf"
        page.write_text(html_sheet(quiz(zoo.network(name), 10, 7)))
        words = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
        subprocess.run(
            [str(CHROMIUM), *words, "--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri()],
            check=True, capture_output=True, timeout=300, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert len(re.findall(rb"/Type /Page\b", printed.read_bytes())) == 2
