"""The pages in docs/watch are what their programs give today; every trace keeps to the schema."""

import base64
import json
import os
import re
import subprocess
import sys
import zlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from mytorch import Function, Tensor
from mytorch.__main__ import main
from mytorch.watcher import watch
from mytorch.watcher.rules import RULES

FOLDER = Path(__file__).parents[2] / "docs" / "watch"
PROGRAMS = sorted(FOLDER.glob("*.py"))
SCHEMA = json.loads((files("mytorch.watcher") / "schema.json").read_text(encoding="utf-8"))
PACKED = re.compile(r'(?<=<script type="text/plain" id="packed">)[^<]*')
VERSION = re.compile(r'"(numpy|mytorch)":"[^"]*"')


def read(path: Path) -> str:
    """A page with its script as it is run: how it is deflated is up to the library that does it."""
    text = path.read_text(encoding="utf-8")
    return PACKED.sub(lambda part: zlib.decompress(base64.b64decode(part[0])).decode(), text)


def run(path: Path, out: Path, seed: str) -> str:
    """The page of a program, in a process of its own, without the versions in it."""
    command = [sys.executable, "-m", "mytorch", "watch", str(path), "--out", str(out)]
    environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(FOLDER.parents[1]), "PATH": ""}
    subprocess.run(command, check=True, capture_output=True, cwd=out.parent, env=environment)
    return VERSION.sub(r'"\1":""', read(out))


# A number, with a sign: what is 0 but for rounding is another one on another processor.
NUMBER = re.compile(r"[-\u2212]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def numbers(page: str) -> list[float]:
    """Those of the values that a page shows."""
    data = re.search(r'<script type="application/json" id="traces">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    values = json.loads(data[1])["values"]
    return [float(x) for value in values for x in value.get("d", ()) if not isinstance(x, str)]


@pytest.mark.parametrize("path", [p for p in PROGRAMS if p.stem != "mnist"], ids=lambda p: p.stem)
def test_a_page_is_what_its_program_gives(path: Path, tmp_path: Path) -> None:
    expected = VERSION.sub(r'"\1":""', read(path.with_suffix(".html")))
    found = run(path, tmp_path / "again.html", "7")
    assert NUMBER.sub("#", found) == NUMBER.sub("#", expected), "call `make watch`"
    np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-6, atol=1e-12)
    (tmp_path / "elsewhere").mkdir()
    assert run(path, tmp_path / "elsewhere" / "page.html", "8") == found


def test_a_page_of_a_trace_is_that_of_the_run(tmp_path: Path) -> None:
    with watch(tmp_path / "run.html", title="twice") as tape:
        a = Tensor(2.0, requires_grad=True)
        (a * a).backward()
    trace = tmp_path / "trace.json"
    trace.write_text(tape.to_json(), encoding="utf-8")
    assert main(["watch", "--from", str(trace), "--out", str(tmp_path / "again.html")]) == 0
    assert (tmp_path / "again.html").read_text() == (tmp_path / "run.html").read_text()


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.stem)
def test_a_trace_keeps_to_the_schema(path: Path) -> None:
    if path.stem == "mnist":
        pytest.skip("it takes a while; its kinds of steps are those of training.py")
    with watch() as tape:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {})
    jsonschema.validate(json.loads(tape.to_json()), SCHEMA)


HOSTILE = "</script><img src=x onerror=alert(1)>\"'`&<!--"


def hostile() -> None:
    Tensor(1.0) + 1.0
    raise RuntimeError(HOSTILE)


def test_what_is_hostile_stays_text(tmp_path: Path) -> None:
    tape = watch(tmp_path / "page.html", title=HOSTILE)
    with pytest.raises(RuntimeError, match="onerror"), tape:
        hostile()
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<img" not in text
    assert text.count("</script>") == 3


def test_the_page_asks_nothing_of_the_network() -> None:
    for path in FOLDER.glob("*.html"):
        text = read(path)
        assert "default-src 'none'" in text
        assert not re.search(r"<link|<img|<iframe|\bsrc=|@import|\bfetch\(|XMLHttp|\beval\(", text)
        assert "localStorage" not in text
        assert " style=" not in text


def test_names_are_those_of_one_module_of_the_script() -> None:
    """The page joins them into one."""
    names: list[str] = []
    for path in sorted((Path(str(files("mytorch.watcher"))) / "assets").glob("*.js")):
        if path.stem != "dagre":
            text = path.read_text(encoding="utf-8")
            names += declared(text)
    assert len(names) == len(set(names))
    text = "const { a: one, two = 1 } = {};\nlet [three,\n four] = [];\nclass Five {}"
    assert sorted(declared(text)) == ["Five", "four", "one", "three", "two"]


def declared(text: str) -> list[str]:
    """The names that a module declares at its top."""
    names = re.findall(r"^(?:export )?(?:const|let|function|class) (\w+)", text, re.MULTILINE)
    parts = re.findall(
        r"^(?:export )?(?:const|let) ([\[{].*?[\]}]) = ", text, re.MULTILINE | re.DOTALL
    )
    for part in parts:
        names += re.findall(r"(\w+)\s*(?:=[^,\]}]*)?(?=[,\]}])", part)
    return names


def operations(kind: type) -> list[type]:
    return [sub for direct in kind.__subclasses__() for sub in (direct, *operations(direct))]


def test_every_operation_has_a_rule() -> None:
    ours = {
        kind.__name__ for kind in operations(Function) if kind.__module__.startswith("mytorch.")
    }
    assert ours - {"Curve"} <= RULES.keys()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["watch"], "expected a program"),
        (["watch", "missing.py"], "missing.py is no file"),
        (["watch", "--from", "{trace}"], "mytorch.watch/9 needs a newer MyTorch"),
        (["watch", "--from", "{other}"], "expected a trace of mytorch.watch/1, got 'None'"),
        (["watch", "--from", "{list}"], "list.json: expected a trace of mytorch.watch/1, got 'no "),
        (["watch", "--from", "{half}"], "expected a whole trace of mytorch.watch/1: KeyError("),
        (["watch", "--from", "{text}"], "text.json: expected JSON: Expecting value"),
        (["watch", "{text}", "--out", "{text}/page.html"], "cannot be written: Not a directory"),
        (
            ["watch", "{text}", "--iterations", "1,x"],
            "expected numbers from 1 and last, as 1,10,la",
        ),
        (
            ["watch", "{text}", "--iterations", "0"],
            "expected numbers from 1 and last, as 1,10,last",
        ),
    ],
)
def test_what_the_command_refuses(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "trace": '{"schema": "mytorch.watch/9"}',
        "half": '{"schema": "mytorch.watch/1"}',
        "other": "{}",
        "list": "[]",
        "text": "raise RuntimeError('it was run')",
    }
    known: dict[str, Any] = {name: tmp_path / f"{name}.json" for name in texts}
    for name, path in known.items():
        path.write_text(texts[name])
    with pytest.raises(SystemExit) as status:
        main([argument.format(**known) for argument in arguments])
    assert status.value.code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert words in told
    assert told.startswith("usage: python -m mytorch watch ")


def test_a_program_gets_its_own_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys; print(sys.argv[1:])")
    out = str(tmp_path / "page.html")
    assert main(["watch", str(program), "--out", out, "--epochs", "2", "--", "--out", "x"]) == 0
    assert "['--epochs', '2', '--out', 'x']" in capsys.readouterr().out


def test_what_looks_like_an_option_of_the_command_is_the_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text("import sys; print(sys.argv[1:])")
    assert main(["watch", str(program), "--ou", "x", "--out", str(tmp_path / "page.html")]) == 0
    assert "['--ou', 'x']" in capsys.readouterr().out


def test_where_the_page_is_is_said_however_a_program_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    (tmp_path / "other").mkdir()
    start = "import os, sys\nfrom mytorch import Tensor\na = Tensor(2.0, requires_grad=True)\n"
    for end in ("raise ValueError(chr(0xDC80))", "raise KeyboardInterrupt", "sys.exit(3)", "pass"):
        Path("program.py").write_text(f"{start}b = a * a\nos.chdir('other')\n{end}")
        status: Any = None
        try:
            status = main(["watch", "program.py", "--open"])
        except SystemExit as error:
            status = error.code
        os.chdir(tmp_path)
        assert status == {"r": 130 if "Keyboard" in end else 1, "s": 3, "p": 0}[end[0]]
        said, complained = capsys.readouterr()
        assert "runpy" not in complained
        assert ('File "program.py", line 6, in <module>' in complained) is end.startswith("raise")
        assert "wrote program.watch.html\nNo browser was found." in said
        text = Path("program.watch.html").read_text()
        assert "Stopped by KeyboardInterrupt<" in text or "Keyboard" not in end
        # The names of the last line are those of the program's variables, too.
        assert '"name":"a"' in text
        assert '"name":"b"' in text
        Path("program.watch.html").unlink()


def test_it_is_not_imported_by_the_library() -> None:
    code = "import sys, mytorch, mytorch.nn, mytorch.optim; print('mytorch.watcher' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=FOLDER.parents[1],
    )
    assert done.stdout == "False\n"
