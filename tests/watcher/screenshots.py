"""Pictures of the pages for the documentation: `python -m tests.watcher.screenshots`."""

import sys
from importlib import import_module
from pathlib import Path

from tests.watcher.test_browser import CHROMIUM, READY

FOLDER = Path(__file__).parents[2] / "docs" / "watch"
# The page and its step, and how wide and high the window is.
SHOWN = {
    "worked": ("#run=worked&step=15", [(1440, 900)]),
    "training": ("#run=training&step=20", [(1440, 900), (1024, 1100), (390, 844)]),
    "nan": ("#run=nan&step=2", [(1440, 900)]),
}


def main() -> None:
    """Takes them, in the light and the dark theme."""
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name, (place, windows) in SHOWN.items():
            for width, height in windows:
                for theme in ("light", "dark"):
                    page = browser.new_page(
                        viewport={"width": width, "height": height},
                        color_scheme=theme,
                        reduced_motion="reduce",
                    )
                    page.goto((FOLDER / f"{name}.html").as_uri() + place)
                    page.wait_for_selector(READY)
                    out = FOLDER / f"{name}-{width}-{theme}.png"
                    page.screenshot(path=str(out))
                    page.close()
                    print(out)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
