"""The pages: their links lead somewhere, README's from the package index, too."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "data" / "README.md"})


def text(page: Path) -> str:
    """What is no code."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The names that its headings have in a link."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text(page)):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


README = (ROOT / "README.md").read_text()
LINK = r"\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*(\S+)|(?:src|href)\s*=\s*[\"']?([^\"'\s>]+)"


def links(page: str) -> list[str]:
    return [next(filter(None, found)) for found in re.findall(LINK, page, re.M)]


def test_readme_links_to_nothing_beside_it() -> None:
    assert [link for link in links(README) if not link.startswith("https://")] == []


def test_every_kind_of_link_is_seen() -> None:
    page = "[a](b) ![c](<d> 'e') <img src='f'> <a href=g>\n[h]: i\n[![j](k)](l)"
    assert links(page) == ["b", "d", "f", "g", "i", "k", "l"]


def test_the_files_that_readme_names_exist() -> None:
    prose, tree = README.split("```text\nmytorch/\n")
    names = re.findall(r"`((?:\w+/)*\w+\.(?:md|png|py|sh))`", prose)
    assert len(names) > 10
    tree = tree.split("```")[0]
    names += [f"mytorch/{name}" for name in re.findall(r"^  (\S+)", tree, re.M)]
    names += re.findall(r"^(\w+/)", tree, re.M)
    made = {"train.py", "validation_accuracy.png"}
    assert [name for name in names if name not in made and not (ROOT / name).exists()] == []
