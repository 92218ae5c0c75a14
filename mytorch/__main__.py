"""`python -m mytorch watch script.py`: runs a program and writes the page of its autograd."""

from __future__ import annotations

import argparse
import json
import os
import runpy
import sys
import webbrowser
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from mytorch.files.atomic import check_writable, write
from mytorch.watcher import watch
from mytorch.watcher.page import page
from mytorch.watcher.trace import SCHEMA


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; returns its status."""
    given = sys.argv[1:] if arguments is None else arguments
    cut = given.index("--") if "--" in given else len(given)
    parser, watching = _parsers()
    options, others = parser.parse_known_args(given[:cut])
    source = options.script or options.page_of
    if (options.script is None) == (options.page_of is None):
        watching.error("expected a program, or --from and a trace")
    if not source.is_file():
        watching.error(f"{source} is no file")
    # The program may go to another folder.
    out = Path(os.path.abspath(options.out or f"{source.stem}.watch.html"))
    try:
        check_writable(out)
        if options.page_of is not None:
            write(out, _page_of(options.page_of).encode())
    except OSError as error:
        watching.error(f"{options.out or out.name} cannot be written: {error.strerror}")
    except ValueError as error:
        watching.error(f"{source}: {error}")
    status = 0
    try:
        if options.script is not None:
            _watch(options.script, [*others, *given[cut + 1 :]], out, options.iterations)
    except (Exception, KeyboardInterrupt) as error:
        status = 130 if isinstance(error, KeyboardInterrupt) else 1
        error.__traceback__ = _within(str(options.script), error.__traceback__)
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        print(f"wrote {options.out or out.name}")
        if options.open and not webbrowser.open(out.as_uri()):
            print(f"No browser was found. Open it in one: {out.as_uri()}")
    return status


def _within(program: str, traceback: TracebackType | None) -> TracebackType | None:
    """The part of the traceback that `python program.py` shows."""
    while traceback is not None and traceback.tb_frame.f_code.co_filename != program:
        traceback = traceback.tb_next
    return traceback


def _parsers() -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser(prog="python -m mytorch", description="MyTorch's commands.")
    commands = parser.add_subparsers(required=True, metavar="command")
    watching = commands.add_parser(
        "watch",
        help="run a program and write a page on which its autograd is stepped through",
        description="Runs a program with the tape on and writes a page, one file that works "
        "offline, on which each operation and each gradient is stepped through. What is no option "
        "here is given to the program, and so is all that follows --.",
        allow_abbrev=False,
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
    return parser, watching


def _iterations(text: str) -> str | list[int | str]:
    parts = text.split(",")
    if text == "auto":
        return text
    if not all(part == "last" or (part.isdecimal() and int(part)) for part in parts):
        raise argparse.ArgumentTypeError(f"expected numbers from 1 and last, as 1,10,last: {text}")
    return [part if part == "last" else int(part) for part in parts]


def _watch(
    script: Path, arguments: list[str], out: Path, iterations: str | list[int | str]
) -> None:
    """Runs a program as `python script.py` does, and writes its page."""
    tape = watch(out, title=script.name, iterations=iterations)
    source = script.read_bytes()
    before = sys.argv, sys.path[0]
    sys.argv, sys.path[0] = [str(script), *arguments], os.path.dirname(script.resolve())
    try:
        with tape:
            variables = runpy.run_path(str(script), run_name="__main__")
            with suppress(SyntaxError, ValueError):  # an archive
                tape._recorder.name(variables, compile(source, str(script), "exec"))
    finally:
        sys.argv, sys.path[0] = before


def _page_of(path: Path) -> str:
    """The page of a trace. Raises ValueError for what is none."""
    try:
        trace: Any = json.loads(path.read_text(encoding="utf-8"))
        found = str(trace["schema"]) if isinstance(trace, dict) else "no object"
    except ValueError as error:
        raise ValueError(f"expected JSON: {error}") from error
    except KeyError:
        found = "None"
    name, _, version = found.partition("/")
    ours, _, newest = SCHEMA.partition("/")
    if name != ours or not version.isdecimal():
        raise ValueError(f"expected a trace of {SCHEMA}, got {found!r}")
    if int(version) > int(newest):
        raise ValueError(f"{found} needs a newer MyTorch; this one reads {SCHEMA}")
    try:
        return page([trace])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"expected a whole trace of {SCHEMA}: {error!r}") from error


if __name__ == "__main__":
    sys.exit(main())
