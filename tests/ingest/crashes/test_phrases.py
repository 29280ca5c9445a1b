from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from ingest.crashes.phrases import SHIPPED, Phrases, phrase_of, read_lines, shipped
from ingest.crashes.templates import template_of

PHRASES = shipped()

SAYINGS = json.loads(Path(__file__).with_name("sayings.json").read_text())
"""Programs that make Python and Node say something. Those that say only a key of a dictionary teach nothing."""


def said_by_python(program: str) -> str:
    try:
        exec(compile(program, "<test>", "exec"), {"__name__": "program"})
    except Exception as error:  # noqa: BLE001 - whatever it is that Python says
        return str(error)
    return ""


@pytest.mark.parametrize("program", SAYINGS["python"])
def test_what_python_says_is_known(program: str) -> None:
    said = said_by_python(program)
    if said in {"", "[]", "1"}:
        return
    assert PHRASES.find(template_of(said)) is not None, said


@pytest.mark.node
def test_what_node_says_is_known() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed: `apt install nodejs` runs the test of V8's own messages")
    program = (
        "const said = []; for (const text of JSON.parse(process.argv[1]))"
        " { try { (0, eval)(`(function (require) { ${text} })`)(require) } catch (error) { said.push(error.message) } }"
        " console.log(JSON.stringify(said))"
    )
    command = [node, "-e", program, json.dumps(SAYINGS["node"])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    said = json.loads(done.stdout)
    unknown = [text for text in said if PHRASES.find(template_of(text)) is None]
    assert len(said) >= 0.9 * len(SAYINGS["node"])
    assert len(unknown) <= 0.1 * len(said), unknown


JAVA = """
import java.util.*;
public class Said {
  interface Act { Object run() throws Throwable; }
  static void say(Act act) { try { act.run(); } catch (Throwable error) {
    String text = error.getMessage(); if (text != null) System.out.println(text.replace("\\n", " ")); } }
  static String nothing() { return null; }
  String field;
  public static void main(String[] args) {
    int[] array = new int[2]; Object text = "x"; Said none = null;
    say(() -> 1 / array[0]);
    say(() -> array[5]);
    say(() -> new ArrayList<String>().get(3));
    say(() -> List.of(1).get(7));
    say(() -> "abc".charAt(9));
    say(() -> "abc".substring(5));
    say(() -> (Integer) text);
    say(() -> (Said) text);
    say(() -> nothing().length());
    say(() -> none.field);
    say(() -> { none.field = "x"; return 0; });
    say(() -> ((int[]) null)[0]);
    say(() -> ((int[]) null).length);
    say(() -> Integer.parseInt("bob"));
    say(() -> Integer.parseInt(null));
    say(() -> Long.parseLong("bob"));
    say(() -> Optional.empty().get());
    say(() -> new int[-3]);
    say(() -> new ArrayList<String>(-1));
    say(() -> UUID.fromString("bob"));
    say(() -> { var stream = List.of(1).stream(); stream.count(); return stream.count(); });
    say(() -> new java.io.FileInputStream("/no/such/bob"));
    say(() -> Thread.State.valueOf("BOB"));
    say(() -> { text.wait(); return 0; });
    say(() -> Base64.getDecoder().decode("!"));
    say(() -> java.util.regex.Pattern.compile("["));
    say(() -> new java.net.URL("bob"));
    say(() -> java.time.LocalDate.parse("bob"));
    say(() -> new java.net.Socket("127.0.0.1", 1));
    say(() -> { System.arraycopy(new int[1], 0, new int[1], 0, 5); return 0; });
  }
}
"""


def test_what_java_says_is_known(tmp_path: Path) -> None:
    if shutil.which("java") is None or shutil.which("javac") is None:
        pytest.skip("java is not installed: `apt install default-jdk-headless` runs the test of the JDK's own messages")
    (tmp_path / "Said.java").write_text(JAVA)
    run: Callable[..., subprocess.CompletedProcess[str]] = subprocess.run
    done = run(["java", str(tmp_path / "Said.java")], capture_output=True, text=True, check=True, timeout=120)
    said = done.stdout.splitlines()
    unknown = [text for text in said if PHRASES.find(template_of(text)) is None]
    assert len(said) >= 28
    assert len(unknown) <= 2, unknown


def test_what_the_c_library_says_is_known() -> None:
    texts = [os.strerror(code) for code in errno.errorcode]
    texts += [signal.strsignal(number) or "" for number in signal.valid_signals() if number < signal.SIGRTMIN]
    texts += [f"[Errno {code}] {os.strerror(code)}: '/home/bob'" for code in errno.errorcode]
    assert [text for text in texts if text and PHRASES.find(template_of(text)) is None] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_text_is_its_own_template_and_stands_there_once(name: str) -> None:
    """They are read without being cut, since that takes half a second."""
    lines = list(read_lines((files("ingest.crashes") / "vocabulary" / f"{name}.txt").read_text()))
    assert [line for line in lines if template_of(line) != line] == []
    assert len(lines) == len(set(lines)) > 100


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("foo.bar is not a function", "<name> is not a function"),
        ("the laptop of bob is not a function", "<name> is not a function"),
        ("[Errno 13] Permission denied: 'bob'", "[Errno <n>] Permission denied: <text>"),
        (
            "bob() missing 1 required positional argument: 'x'",
            "<name>() missing <n> required positional argument: <text>",
        ),
    ],
)
def test_it_is_the_known_text_that_is_shown(said: str, shown: str) -> None:
    assert PHRASES.find(template_of(said)) == shown
    assert "bob" not in shown


@pytest.mark.parametrize("said", ["no route for bob", "bob", "", "division by zero for bob", "is not a function"])
def test_what_nobody_knows_is_not_found(said: str) -> None:
    assert PHRASES.find(template_of(said)) is None


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("User %s not found in %d rows", "User <n> not found in <n> rows", "User bob not found in 5 rows"),
        ("could not reach {host}:{port}", "could not reach <n>", "could not reach 10.0.0.1:80"),
        ("tunnel ${name} is down", "tunnel <n> is down", "tunnel home is down"),
        ("server %1$s, %2$.2f ms", "server <n> ms", "server gb1, 3.50 ms"),
        ("no route", "no route", "no route"),
    ],
)
def test_texts_with_formats_fit_what_they_print(text: str, phrase: str, said: str) -> None:
    assert phrase_of(text) == phrase
    assert Phrases([phrase]).find(template_of(said)) == phrase


def test_a_text_without_words_fits_nothing() -> None:
    assert len(Phrases(["<n>", "<text>: <text>", "<name> is"])) == 0
