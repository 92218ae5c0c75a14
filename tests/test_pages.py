"""The pages: what they link to and name is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("[de]*/README.md")})


def test_the_index_has_all_pages() -> None:
    linked = {*re.findall(r"\]\(([\w-]+\.md)", (ROOT / "docs/README.md").read_text())}
    assert linked == {page.name for page in ROOT.glob("docs/*.md")} - {"README.md"}


def text(page: Path) -> str:
    """What is no code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The names that its headings have in a link."""
    if page.suffix == ".html":  # of `watch`, whose steps are rows of its table
        steps = re.findall(r"<tr><td>(\d+)<td>", page.read_text())
        return {f"run={page.stem}&step={step}" for step in steps}
    headings = re.findall(r"^#+ (.*)$", text(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    words = re.sub(r"`[^`\n]*`", "", text(page))
    for link in re.findall(r"\]\(([^)\s]+)\)", words):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


FILES = [f"/{path.relative_to(ROOT).as_posix()}" for path in ROOT.glob("[!.]*/**/*.*")]
FILES += [f"/{path.name}" for path in ROOT.glob("*.*")]
MADE = {"train.py", "validation_accuracy.png", "program.py"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    """A page may name a file by the end of its path."""
    names = {*re.findall(r"`((?:\w+/)*\w+\.(?:md|png|py|sh))`", text(page))} - MADE
    assert not {name for name in names if not any(file.endswith(f"/{name}") for file in FILES)}


def test_the_files_of_the_tree_exist() -> None:
    tree = (ROOT / "CONTRIBUTING.md").read_text().split("```text\nmytorch/\n")[1].split("```")[0]
    names = [f"mytorch/{name}" for name in re.findall(r"^  (\S+)", tree, re.M)]
    names += re.findall(r"^(\w+/)", tree, re.M)
    assert [name for name in names if not (ROOT / name).exists()] == []
