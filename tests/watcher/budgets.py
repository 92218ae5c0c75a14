"""How large the pages of real runs are, and how quick: `python -m tests.watcher.budgets`."""

import sys
import tempfile
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import mytorch
from mytorch.watcher import watch
from tests.watcher.runs import RUNS
from tests.watcher.test_browser import CHROMIUM, READY

# When the browser has drawn what the scripts made.
DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
STEP = """document.dispatchEvent(
  new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
document.body.getBoundingClientRect().width"""


def main() -> None:
    """Prints a table in Markdown, of the runs that are named or of all.

    Milliseconds are those of the processor in the page's thread: scripts, styles, layout, paint.
    """
    print("| run | page, kB | nodes | steps | first picture, ms | a step, ms | longest step, ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with (
        tempfile.TemporaryDirectory() as folder,
        import_module("playwright.sync_api").sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for run in RUNS:
            if sys.argv[1:] and run.__name__ not in sys.argv[1:]:
                continue
            path = Path(folder) / f"{run.__name__}.html"
            mytorch.manual_seed(0)
            with watch(path, title=run.__name__) as tape:
                run()
            trace = tape._recorder.iterations.kept[1]
            picture, steps = measured(browser, path)
            middle, longest = sorted(steps)[len(steps) // 2], max(steps)
            print(
                f"| {run.__name__.replace('_', ' ')} | {path.stat().st_size / 1000:,.0f} "
                f"| {len(trace.nodes)} | {len(trace.steps)} | {picture:.0f} "
                f"| {middle:.0f} | {longest:.0f} |",
                flush=True,
            )
        browser.close()


def measured(browser: Any, path: Path) -> tuple[float, list[float]]:
    """Milliseconds to the first picture, and of each step, of a page just opened."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def used() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(
            metric["value"] for metric in metrics if metric["name"] == "TaskDuration"
        )

    page.goto(path.as_uri())
    page.wait_for_selector(READY)
    page.evaluate(DRAWN)
    times = [used()]
    for _ in range(int(page.get_attribute("#timeline input", "max"))):
        page.evaluate(STEP)
        times.append(used())
    page.close()
    return times[0], [after - before for before, after in pairwise(times)]


if __name__ == "__main__":
    main()
