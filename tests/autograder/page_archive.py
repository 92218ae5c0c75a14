"""Writes course/grader/page.zip: what of the library makes a page of a trace, for homework that has
a library of its own. `python -m tests.autograder.page_archive`, as `make watch` does.
"""

import zipfile

from tests.autograder.handout import ROOT

ARCHIVE = ROOT / "course" / "grader" / "page.zip"
MODULES = ("frame", "narration", "page", "places", "rules", "summary")


def contents() -> dict[str, bytes]:
    """The files that the archive is to have."""
    watcher = ROOT / "mytorch" / "watcher"
    files = [watcher / f"{name}.py" for name in MODULES]
    files += [ROOT / "mytorch" / "files" / "atomic.py", *sorted((watcher / "assets").iterdir())]
    packages = ("mytorch", "mytorch/files", "mytorch/watcher")
    return {
        **{f"{package}/__init__.py": b"" for package in packages},
        **{path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files},
    }


def main() -> None:
    """Write it; the same files give the same bytes."""
    with zipfile.ZipFile(ARCHIVE, "w") as archive:
        for name, content in contents().items():
            archive.writestr(zipfile.ZipInfo(name), content)


if __name__ == "__main__":
    main()
