"""README.md is the package index's page, too: no link leads beside it, and what it names exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "README.md").read_text()
LINK = r"\]\(\s*<?([^)\s>]+)|^\s*\[[^\]]+\]:\s*(\S+)|(?:src|href)\s*=\s*[\"']?([^\"'\s>]+)"


def test_links_and_pictures_are_absolute() -> None:
    links = [next(filter(None, found)) for found in re.findall(LINK, PAGE, re.MULTILINE)]
    assert [link for link in links if not link.startswith("https://")] == []


def test_the_pattern_sees_every_kind_of_link() -> None:
    text = "[a](b) ![c](<d> 'e') <img src='f'> <a href=g>\n[h]: i\n[![j](k)](l)"
    found = [next(filter(None, groups)) for groups in re.findall(LINK, text, re.MULTILINE)]
    assert found == ["b", "d", "f", "g", "i", "k", "l"]


def test_the_files_it_names_exist() -> None:
    prose, tree = PAGE.split("```text\nmytorch/\n")
    names = re.findall(r"`((?:\w+/)*\w+\.(?:md|png|py|sh))`", prose)
    assert len(names) > 10
    tree = tree.split("```")[0]
    names += [f"mytorch/{name}" for name in re.findall(r"^  (\S+)", tree, re.MULTILINE)]
    names += re.findall(r"^(\w+/)", tree, re.MULTILINE)
    made = {"train.py", "validation_accuracy.png"}
    assert [name for name in names if name not in made and not (ROOT / name).exists()] == []
