"""Pictures as a browser sets them: in three fonts and both themes no text leaves its box, meets another or is crossed.

It needs Chromium and the fonts, as Debian's packages chromium, fonts-liberation and fonts-dejavu have them.
"""

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

from brickwork import draw, draw_family, draw_pair, family, zoo
from brickwork.network import with_input

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FONTS = ("Liberation Sans", "DejaVu Sans", "DejaVu Serif")
DRAWN = (
    "lenet5", "vgg16", "nin", "googlenet", "inception_v3", "inception_v4", "resnet34", "resnet50", "seresnet50",
    "resnet20[flavor=pre]",
)  # fmt: skip
PAIRS = (("alexnet", "vgg16"), ("googlenet", "inception_v3"), ("resnet50", "seresnet50"))
FAMILY = (
    "lenet5", "alexnet", "vgg16", "nin", "googlenet", "resnet34", "resnet50", "preact_resnet50", "inception_v3",
)  # fmt: skip
SCRIPT = """
const found = [];
const inside = (a, b, by) => a.left >= b.left - by && a.right <= b.right + by && a.top >= b.top - by && a.bottom <= b.bottom + by;
const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1.5;
const area = (e) => { const b = e.getBBox(); return {left: b.x, right: b.x + b.width, top: b.y, bottom: b.y + b.height, words: e.textContent}; };
const apart = (path) => path.getAttribute("d").split(/(?=M)/).map((d) => { const one = path.cloneNode(); one.setAttribute("d", d); path.after(one); return one; });
let seen = 0;
for (const svg of document.querySelectorAll("svg")) {
  const name = svg.getAttribute("aria-label"), say = (words) => found.push(name + ": " + words);
  const paper = area(svg.querySelector("rect.paper"));
  const texts = [...svg.querySelectorAll("text")].map((e) => ({...area(e), own: e.closest("g.box, g.sum")}));
  const boxes = [...svg.querySelectorAll("g.box")].map((e) => ({...area(e.querySelector("rect")), group: e}));
  seen += texts.length;
  for (const text of texts) {
    if (!inside(text, paper, 0)) say("'" + text.words + "' leaves the paper");
    if (text.own && text.own.matches(".box") && !inside(text, boxes.find((b) => b.group === text.own), 1)) say("'" + text.words + "' leaves its box");
    for (const box of boxes) if (box.group !== text.own && meet(text, box)) say("'" + text.words + "' lies on a box");
  }
  texts.forEach((one, place) => { for (const two of texts.slice(place + 1)) if (meet(one, two)) say("'" + one.words + "' overlaps '" + two.words + "'"); });
  const lines = svg.dataset.edges ? [...svg.querySelectorAll("path.line, path.way, path.aside")] : [];
  for (const path of lines.flatMap(apart)) {
    const whole = area(path), near = boxes.filter((b) => whole.right > b.left + 1 && whole.left < b.right - 1 && whole.bottom > b.top + 1 && whole.top < b.bottom - 1);
    if (near.length) for (let at = 0, all = path.getTotalLength(); at < all; at += 2) {
      const point = path.getPointAtLength(at);
      for (const box of near) if (point.x > box.left + 1 && point.x < box.right - 1 && point.y > box.top + 1 && point.y < box.bottom - 1) say("an edge crosses a box");
    }
  }
}
document.getElementById("found").textContent = JSON.stringify({seen, found});
"""  # noqa: E501

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def has_font(font: str) -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", font], capture_output=True, text=True, check=False).stdout.strip())


def judge(pictures: list[str], font: str, folder: Path, edges: bool = False) -> dict[str, object]:
    """What Chromium finds in pictures that are set in a font, and how many texts it looked at."""
    if not has_font(font):
        pytest.skip(f"the font {font} is not installed")
    marked = [svg.replace("<svg ", '<svg data-edges="1" ', 1) if edges else svg for svg in pictures]
    style = f"<style>.brickwork text {{ font-family: '{font}' !important }}</style>"
    page = folder / "page.html"
    body = "\n".join(marked)
    page.write_text(
        f'<!doctype html><meta charset="utf-8">{style}<body>{body}<pre id="found"></pre><script>{SCRIPT}</script>'
    )
    words = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [*words, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
        env={**os.environ, "HOME": str(folder)},
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found
    answer: dict[str, object] = json.loads(unescape(found[1]))
    return answer


def drawn(theme: str) -> list[str]:
    """The pictures of docs/pictures.md, one each that is folded, painted and a misfit, some pairs and a family."""
    return [
        *(draw(zoo.network(name), theme=theme, height=900).svg for name in DRAWN),
        draw(zoo.network("googlenet"), theme=theme, depth="block").svg,
        draw(zoo.network("vgg16"), theme=theme, paint="memory").svg,
        draw(with_input(zoo.network("vgg16"), (3, 20, 20)), theme=theme).svg,
        *(draw_pair(zoo.network(one), zoo.network(two), theme=theme, height=900).svg for one, two in PAIRS),
        draw_family(family(list(map(zoo.network, FAMILY))), theme=theme).svg,
    ]


@pytest.mark.parametrize("font", FONTS)
def test_the_pictures_of_the_docs_are_set_cleanly_light_and_dark(font: str, tmp_path: Path) -> None:
    answer = judge([*drawn("light"), *drawn("dark")], font, tmp_path, edges=font == FONTS[0])
    assert answer["found"] == []
    assert int(str(answer["seen"])) > 2000


def test_the_whole_zoo_is_set_cleanly_in_the_widest_font(tmp_path: Path) -> None:
    answer = judge([draw(zoo.network(name)).svg for name in zoo.names()], "DejaVu Sans", tmp_path)
    assert answer["found"] == []
    assert int(str(answer["seen"])) > 4000


def test_the_browser_notices_what_is_planted(tmp_path: Path) -> None:
    svg = draw(zoo.network("lenet5"), theme="light").svg
    plants = [
        svg.replace(">5x5 conv, 6<", ">a label that is longer than its box<"),
        re.sub(r'(<text x=")[\d.]+(" y=")[\d.]+(" class="soft"[^>]*>16x5x5)', r"\g<1>30\g<2>45\3", svg),
        re.sub(r'(<path d=")([^"]*" class="line")', r"\1M0 140H360\2", svg),
    ]
    assert svg not in plants
    named = [planted.replace('aria-label="', f'aria-label="{place} ', 1) for place, planted in enumerate(plants)]
    found = str(judge(named, "Liberation Sans", tmp_path, edges=True)["found"])
    for place, says in enumerate(("leaves its box", "overlaps", "crosses a box")):
        assert re.search(rf"{place} lenet5[^\"]*{says}", found), (says, found)
