"""The pages in a real browser: what they show is what was recorded, by keyboard, without a mouse,
without a network, and without a complaint of axe-core.
"""

import csv
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mytorch import Tensor
from mytorch.__main__ import main
from mytorch.watcher import watch
from tests.watcher.runs import three_hundred_operations, transformer

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or find_spec("playwright") is None,
    reason="no browser: install chromium, and the package playwright",
)
pytestmark = needs_browser
PAGES = sorted((Path(__file__).parents[2] / "docs" / "watch").glob("*.html"))
# The page's script has run.
READY = "html.js"
# The widths of a desk, a tablet, and two phones.
WIDTHS = (1440, 1024, 390, 320)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@cache
def page_of(browser: Any, **more: Any) -> Any:
    """The page that documents are shown in, one after the other: a new one for each takes longer
    than most tests."""
    return browser.new_context(reduced_motion="reduce", offline=True, **more).new_page()


class Shown:
    """A document in the browser."""

    def __init__(
        self, browser: Any, path: Path, width: int = 1440, dark: bool = False, **more: Any
    ) -> None:
        self.page = page_of(browser, **more)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(media="screen", color_scheme="dark" if dark else "light")
        self.complaints: list[str] = []
        self.listeners = {
            "console": lambda message: self.complaints.append(message.text),
            "pageerror": lambda error: self.complaints.append(str(error)),
        }
        for event, listener in self.listeners.items():
            self.page.on(event, listener)
        self.page.goto(path.as_uri())
        if more.get("java_script_enabled", True):
            self.page.wait_for_selector(READY)

    def __enter__(self) -> "Shown":
        return self

    def __exit__(self, *exception: object) -> None:
        # Neither the document nor the mouse over it is there for the next one.
        self.page.goto("about:blank")
        self.page.mouse.move(0, 0)
        for event, listener in self.listeners.items():
            self.page.remove_listener(event, listener)
        assert self.complaints == []

    def text(self, selector: str) -> str:
        found: str = self.page.locator(selector).first.inner_text()
        return found

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def axe(self) -> list[tuple[str, str]]:
        """What axe-core complains of."""
        if not self.page.evaluate("'axe' in window"):
            folder = Path(str(import_module("axe_playwright_python").__file__)).parent
            self.page.evaluate(next(folder.rglob("axe.min.js")).read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run().then(({violations}) => violations)")
        return [(one["id"], one["nodes"][0]["html"]) for one in found]

    def count(self) -> tuple[int, int]:
        at, of = map(int, re.findall(r"\d+", self.text("#count")))
        return at, of


def recorded(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    found = re.search(
        r'<script type="application/json" id="traces">(.*?)</script>', text, re.DOTALL
    )
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_all_steps_by_keyboard(browser: Any, path: Path) -> None:
    rows = re.findall(r"<tr><td>\d+<td>\w+<td>(.*?)<td>", path.read_text(encoding="utf-8"))
    sentences = [re.sub("<[^>]+>", "", row) for row in rows]
    with Shown(browser, path) as shown:
        _, of = shown.count()
        for at in range(1, of + 1):
            assert shown.count() == (at, of)
            told = shown.text(".say")
            assert told == re.sub(
                r"&\w+;", lambda m: {"&quot;": '"', "&amp;": "&"}.get(m[0], m[0]), sentences[at - 1]
            )
            shown.press("ArrowRight")
        assert shown.count() == (of, of)
        shown.press("Home")
        assert shown.count()[0] == 1
        shown.press("PageDown")
        assert "Backward" in shown.text("#phase") or "Update" in shown.text("#phase")


def test_the_numbers_of_the_write_up(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path) as shown:
        shown.press("End")
        rows = shown.page.locator("#state .gt tbody tr").all_inner_texts()
        assert [row.split("\t") for row in rows] == [
            ["a", "1", "3"],
            ["b", "2", "None, a constant"],
            ["c", "3", "1"],
        ]
        shown.page.get_by_role("button", name="Why is a.grad 3?").click()
        assert [text.split("\n")[-1] for text in shown.page.locator(".prow").all_inner_texts()] == [
            "1",
            "2",
        ]


def test_the_wrong_order_gives_twelve_where_eight_is_right(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "fanout")
    with Shown(browser, path) as shown:
        shown.page.get_by_role("button", name="Does the order matter?").click()
        text = shown.text(".cmp")
        assert "a.grad = 12 ✗ (8)" in text
        shown.page.locator('[data-order="greedy"]').click()
        shown.press("End")
        assert "12" in shown.text("#state .gt")


def test_a_cell_is_explained(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "training")
    with Shown(browser, path) as shown:
        shown.press("PageDown", "End")
        for _ in range(40):
            cell = shown.page.locator("#say [data-cell]").first
            if cell.count() and shown.page.locator("#cell").count():
                cell.focus()
                assert " = " in shown.text("#cell")
                assert "do not agree" not in shown.text("#cell")
            shown.press("Shift+ArrowLeft")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_norms_over_the_iterations_by_keyboard(browser: Any, dark: bool) -> None:
    path = next(page for page in PAGES if page.stem == "training")
    (run,) = recorded(path)["runs"]
    with Shown(browser, path, dark=dark) as shown:
        shown.page.get_by_role("button", name="Norms").focus()
        shown.press("Enter", "ArrowDown")
        one = run["norms"]["of"][1]
        assert one["name"] in shown.text(".say")
        assert shown.page.evaluate("document.activeElement.name") == "norms"
        shown.page.get_by_text("Norms as a table").press("Enter")
        row = shown.page.locator("#say tbody tr").nth(4).inner_text()
        figures = [float(x.replace("\u2212", "-")) for x in row.split()]
        assert figures == pytest.approx([5, one["gradient"][4], one["update"][4]], rel=5e-2)
        assert shown.axe() == []
        # Another iteration of the same parameter.
        shown.page.locator("[data-iteration]").nth(1).press("Enter")
        assert one["name"] in shown.text(".say")
        shown.press("Escape")
        assert shown.text("#hstep") == "This step"


def test_one_stops_at_a_marked_tensor_also_with_whole_nodes(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "fanout")
    with Shown(browser, path) as shown:
        shown.page.get_by_label("Each node").check()
        _, of = shown.count()
        for number in range(shown.page.locator(".nd").count()):
            shown.page.locator(".nd").nth(number).press("Enter")
            shown.page.get_by_role("button", name="Stop at this tensor").press("Enter")
        marked = shown.count()[1]
        assert marked > of
        for number in range(shown.page.locator(".nd").count()):
            shown.page.locator(".nd").nth(number).press("Enter")
            button = shown.page.get_by_role("button", name="Stops at this tensor")
            assert button.get_attribute("aria-pressed") == "true"
            button.press("Enter")
        assert shown.count()[1] == of


def test_modules_fold_and_unfold(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "training")
    with Shown(browser, path) as shown:
        _, of = shown.count()
        nodes = shown.page.locator(".nd").count()
        shown.page.locator("[data-fold]").first.focus()
        shown.press("Enter")
        assert shown.page.locator(".nd").count() < nodes
        assert shown.count()[1] < of
        shown.press("Enter")
        assert shown.page.locator(".nd").count() == nodes


def test_equal_layers_in_a_row_are_drawn_once(browser: Any, tmp_path: Path) -> None:
    with watch(tmp_path / "page.html", title="page"):
        transformer()
    with Shown(browser, tmp_path / "page.html") as shown:
        cards = shown.page.locator(".nd.module")
        assert cards.count() == 1
        assert "net.layers.0 … 11 12 \u00d7 TransformerEncoderLayer" in cards.get_attribute(
            "aria-label"
        )
        shown.page.get_by_role("button", name="Module net.layers.0 … 11").press("Enter")
        assert cards.count() == 12
        shown.page.get_by_role("button", name="Module net.layers.7, collapsed").press("Enter")
        assert cards.count() == 11
        assert "in_proj_weight" in shown.page.locator("#graph").text_content()


def test_the_graph_is_walked_by_arrows_and_tells_a_story(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path) as shown:
        shown.page.locator('.nd[tabindex="0"]').focus()
        shown.press("ArrowRight")
        name = shown.page.evaluate("document.activeElement.getAttribute('aria-label')")
        assert name
        shown.press("Enter")
        assert shown.text("#hstep").startswith("Answer")
        shown.press("Escape")
        assert shown.text("#hstep") == "This step"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows(browser: Any, path: Path, width: int) -> None:
    with Shown(browser, path, width) as shown:
        for key in ("Home", "PageDown", "End"):
            shown.press(key)
            wide = shown.page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0
        assert shown.page.locator(".legend").is_visible()
        assert shown.page.get_by_role("button", name="Larger").is_visible()


def test_what_a_card_says_stays_in_it(browser: Any, tmp_path: Path) -> None:
    with watch(tmp_path / "page.html"):
        a = Tensor([1.0, 2.0], requires_grad=True)
        (a * Tensor([-0.0012345, 987650.0])).sum().backward()
    with Shown(browser, tmp_path / "page.html") as shown:
        shown.press("End")
        beyond = shown.page.evaluate("""[...document.querySelectorAll(".nd")].filter((card) => {
            const { right } = card.querySelector(".box").getBoundingClientRect();
            return [...card.querySelectorAll("text")].some(
                (text) => text.getBoundingClientRect().right > right);
        }).map((card) => card.textContent)""")
        assert beyond == []


def test_on_paper_the_table_is_open_and_all_is_light(browser: Any) -> None:
    with Shown(browser, PAGES[0], dark=True) as shown:
        table = shown.page.locator(".all").first
        for kind, is_open in (("beforeprint", True), ("afterprint", False)):
            shown.page.evaluate(f"dispatchEvent(new Event('{kind}'))")
            assert table.evaluate("table => table.open") is is_open
        shown.page.emulate_media(media="print")
        fills = "[...document.querySelectorAll('.nd .box')].map(box => getComputedStyle(box).fill)"
        for fill in shown.page.evaluate(fills):
            assert fill == "none" or min(map(int, re.findall(r"\d+", fill))) > 200


@pytest.mark.parametrize(
    ("width", "dark"),
    # The order of the page depends on the width, its colours on the theme.
    [(1440, False), (1440, True), (1024, False), (390, True)],
    ids=["desk-light", "desk-dark", "tablet-light", "phone-dark"],
)
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_axe_finds_nothing(browser: Any, path: Path, width: int, dark: bool) -> None:
    with Shown(browser, path, width, dark) as shown:
        for keys in (["Home"], ["PageDown", "ArrowRight", "ArrowRight"], ["End"]):
            shown.press(*keys)
            assert shown.axe() == []


def test_axe_would_find_something(browser: Any) -> None:
    with Shown(browser, PAGES[0]) as shown:
        shown.page.evaluate("document.querySelector('.say').style.color = '#999'")
        assert "color-contrast" in [kind for kind, _ in shown.axe()]
        shown.page.evaluate(
            "document.querySelector('[data-go=prev]').removeAttribute('aria-label')"
        )
        shown.page.evaluate("document.querySelector('[data-go=prev]').removeAttribute('title')")
        assert "button-name" in [kind for kind, _ in shown.axe()]


def test_quiz_and_find_by_keyboard(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path) as shown:
        shown.page.locator("[data-dialog=menu]").focus()
        shown.press("Enter")
        shown.page.locator("[data-quiz]").focus()
        shown.press("Enter", "Escape", "Home", *["ArrowRight"] * 14)
        # The page is as it is before the gradient arrives, and its number is told nowhere.
        assert shown.text(".say") == "Which gradient reaches a from a * b?"
        assert shown.text("#live") == "Step 15. Which gradient reaches a?"
        assert "None, 1 gathered" in shown.text("#state .gt")
        shown.page.locator("[name=number]").focus()
        shown.page.keyboard.type("5")
        shown.press("Enter")
        assert "it is 2" in shown.text("#verdict")
        shown.page.locator("[data-dialog=finder]").focus()
        shown.press("Enter")
        shown.page.keyboard.type("mul")
        shown.press("Tab", "Enter")
        assert shown.text(".say") == "a * b, a result of Mul"
        assert shown.page.evaluate("document.activeElement.dataset.n") == "2"
        shown.press("Escape")
        # A line of the program leads to its next step.
        shown.page.locator("#code button").first.focus()
        shown.press("Enter")
        assert shown.count()[0] != 15


def test_what_is_exported(browser: Any, tmp_path: Path) -> None:
    path = next(page for page in PAGES if page.stem == "training")
    with Shown(browser, path, dark=True) as shown:
        for kind in "svg", "csv", "json":
            shown.page.locator("[data-dialog=menu]").click()
            with shown.page.expect_download() as download:
                shown.page.locator(f"[data-export={kind}]").click()
            download.value.save_as(tmp_path / f"training.{kind}")
            shown.press("Escape")
        of = shown.count()[1]
    picture = ElementTree.parse(tmp_path / "training.svg").getroot()
    assert picture.get("data-theme") == "dark"
    assert len(picture.findall(".//*[@data-k]")) == 12
    with (tmp_path / "training.csv").open(encoding="utf-8", newline="") as file:
        assert [len(row) for row in csv.reader(file)] == [7] * (1 + of)
    trace, again = str(tmp_path / "training.json"), tmp_path / "again.html"
    assert main(["watch", "--from", trace, "--out", str(again)]) == 0
    table, table_again = (
        page.read_text(encoding="utf-8").split("<tbody>")[1] for page in (path, again)
    )
    assert table.split("</table>")[0] == table_again.split("</table>")[0]


def test_of_damaged_data_the_table_is_left(browser: Any, tmp_path: Path) -> None:
    text = PAGES[0].read_text(encoding="utf-8").replace('id="traces">{', 'id="traces">')
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_text("What is left of this page is its table").wait_for()
    assert page.locator("#table tbody tr").first.is_visible()
    page.close()


def test_on_a_phone_by_touch(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path, 390, has_touch=True, is_mobile=True) as shown:
        shown.page.tap("[data-go=next]")
        assert shown.count()[0] == 2
        shown.page.tap(".nd")
        assert shown.text(".say").startswith("a, a leaf")


def test_of_many_paths_the_gradients_are_told_that_they_come_by(
    browser: Any, tmp_path: Path
) -> None:
    with watch(tmp_path / "page.html"):
        a = Tensor(1.5, requires_grad=True)
        y = a * 2.0
        for _ in range(5):
            y = y * 0.5 + y
        y.backward()
    with Shown(browser, tmp_path / "page.html") as shown:
        shown.page.get_by_role("button", name="Why is a.grad 15.19?").click()
        said = "2 gradients reach y and add up to 7.594, times the slope 2 from there"
        assert shown.text(".say") == f"a.grad is 15.19: {said}"


def test_a_nan_of_the_data_is_found_there(browser: Any, tmp_path: Path) -> None:
    with watch(tmp_path / "page.html"):
        x, w = Tensor([1.0, float("nan")]), Tensor([2.0, 3.0], requires_grad=True)
        (x * w).sum().backward()
    with Shown(browser, tmp_path / "page.html") as shown:
        # Here nothing became NaN, so there is no cure.
        assert "It has NaN at [1]" in shown.text("#say")
        shown.page.get_by_role("button", name="Where does it become NaN?").click()
        assert shown.text(".say").startswith("x comes with NaN, at [1]")


def test_without_javascript_the_table_and_the_first_frame_are_there(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path, java_script_enabled=False) as shown:
        assert shown.page.locator("#graph svg .nd").count() == 8
        assert shown.page.locator("#table tbody tr").count() == 18
        shown.page.locator("summary").click()
        assert "1 + 2 = 3" in shown.text("#table")


def test_the_table_leads_to_a_step(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path) as shown:
        shown.page.locator("summary").click()
        shown.page.get_by_role("button", name="Go to step 15").press("Enter")
        assert shown.count()[0] == 15
        assert "1 + 2 = 3" in shown.text("#table .cur")


def test_what_is_out_of_sight_is_painted_too(browser: Any, tmp_path: Path) -> None:
    with watch(tmp_path / "page.html"):
        three_hundred_operations()
    with Shown(browser, tmp_path / "page.html") as shown:
        shown.press("End")
        assert shown.page.locator(".nd.op").count() == 301
        shown.page.locator(".nd.op.done").nth(300).wait_for(state="attached", timeout=9000)


def test_a_step_leaves_alone_what_it_does_not_change(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "training")
    with Shown(browser, path) as shown:
        layers = (
            "[...document.querySelectorAll('#graph *')].filter(e => getComputedStyle(e).opacity"
        )
        assert shown.page.evaluate(f"{layers} < 1).length") == 0
        shown.page.evaluate("""added = 0; new MutationObserver((changes) => {
            for (const { addedNodes } of changes)
                for (const node of addedNodes)
                    added += 1 + (node.querySelectorAll?.("*").length ?? 0);
        }).observe(document.body, { childList: true, subtree: true })""")
        line = shown.page.query_selector("#code li")
        shown.press(*["ArrowRight"] * 10)
        assert line.evaluate("line => line.isConnected")
        assert shown.page.evaluate("added") < 10 * 80


def test_a_link_leads_to_its_step(browser: Any) -> None:
    path = next(page for page in PAGES if page.stem == "worked")
    with Shown(browser, path) as shown:
        shown.page.goto(path.as_uri() + "#run=worked&step=15")
        shown.page.reload()
        shown.page.wait_for_selector(READY)
        assert shown.count()[0] == 15
        assert shown.text(".say") == "The second gradient reaches a: 1 + 2 = 3"


def test_values_stand_beside_the_lines_of_their_variables(browser: Any, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(
        "from mytorch import Tensor\n\n\ndef first():\n    a = Tensor(1.0, requires_grad=True)\n"
        "    return a * 2.0\n\n\ndef second():\n    a = Tensor([3.0, 4.0], requires_grad=True)\n"
        "    b = Tensor(5.0)\n    return (a * b).sum()\n\n\nfirst()\nsecond()\n"
    )
    assert main(["watch", str(script), "--out", str(tmp_path / "page.html")]) == 0
    with Shown(browser, tmp_path / "page.html") as shown:
        beside = "[...document.querySelectorAll('#code li:has(.in)')].map(e => e.dataset.line)"
        words = "[...document.querySelectorAll('#code .in')].map(e => e.textContent)"
        rows = (
            "[...document.querySelectorAll('#state .gt tbody tr')].map(e => e.cells[1].innerText)"
        )
        assert shown.page.evaluate(rows) == ["1"]
        assert shown.page.evaluate(beside) == ["0:5"]
        shown.press("End")
        assert shown.page.evaluate(rows) == ["1", "[3, 4]", "5"]
        assert shown.page.evaluate(beside) == ["0:5", "0:10", "0:11"]
        assert shown.page.evaluate(words) == ["a = 1", "a = [3, 4]", "b = 5"]
