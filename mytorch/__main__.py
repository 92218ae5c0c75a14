"""`python -m mytorch watch script.py`: runs a program and writes the page of its autograd."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import webbrowser
from pathlib import Path
from typing import Any

from mytorch.files.atomic import write
from mytorch.watcher import watch
from mytorch.watcher.page import page
from mytorch.watcher.trace import SCHEMA


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its status."""
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    options, others = _parser().parse_known_args(given[:cut])
    if (options.script is None) == (options.page_of is None):
        _parser().error("expected a program, or --from and a trace")
    if not (options.script or options.page_of).is_file():
        _parser().error(f"{options.script or options.page_of} is no file")
    out = options.out or Path(f"{Path(options.script or options.page_of).stem}.watch.html")
    if options.page_of is not None:
        try:
            trace = _read(options.page_of)
        except ValueError as error:
            _parser().error(str(error))
        write(out, page([trace]).encode())
    else:
        tape = watch(title=options.script.name, iterations=options.iterations)
        try:
            with tape:
                _run(options.script, [*others, *given[cut + 1 :]])
        finally:
            tape.save(out)
    print(f"wrote {out}")
    if options.open:
        webbrowser.open(out.resolve().as_uri())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mytorch", description="MyTorch's commands.")
    commands = parser.add_subparsers(required=True, metavar="command")
    watching = commands.add_parser(
        "watch",
        help="run a program and write a page on which its autograd is stepped through",
        description="Runs a program with the tape on and writes a page, one file that works "
        "offline, on which each operation and each gradient is stepped through. What is no option "
        "here is given to the program, and so is all that follows --.",
    )
    watching.add_argument("script", type=Path, nargs="?", help="the program")
    watching.add_argument(
        "--out", type=Path, help="where the page goes; default: the program's name with .watch.html"
    )
    watching.add_argument("--open", action="store_true", help="open the page in a browser")
    watching.add_argument(
        "--iterations",
        type=_iterations,
        default="auto",
        help="which of a training loop's are recorded whole, as 1,10,last; default: the 1st, 10th, "
        "20th, 40th ..., the last, and the first with a NaN",
    )
    watching.add_argument(
        "--from", dest="page_of", type=Path, metavar="TRACE", help="a trace (JSON) that is there"
    )
    return parser


def _iterations(text: str) -> str | list[int | str]:
    if text == "auto":
        return text
    return [part if part == "last" else int(part) for part in text.split(",")]


def _run(script: Path, arguments: list[str]) -> None:
    """Runs a program as `python script.py` does."""
    before = sys.argv, sys.path[0]
    sys.argv, sys.path[0] = [str(script), *arguments], os.path.dirname(script.resolve())
    try:
        runpy.run_path(str(script), run_name="__main__")
    finally:
        sys.argv, sys.path[0] = before


def _read(path: Path) -> dict[str, Any]:
    trace: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found = str(trace.get("schema"))
    if found.partition("/")[0] != SCHEMA.partition("/")[0]:
        raise ValueError(f"{path}: expected a trace of {SCHEMA}, got {found!r}")
    if int(found.partition("/")[2]) > int(SCHEMA.partition("/")[2]):
        raise ValueError(f"{path}: {found} needs a newer MyTorch; this one reads {SCHEMA}")
    return trace


if __name__ == "__main__":
    sys.exit(main())
