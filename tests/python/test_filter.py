"""Filter files: their language, their chain, and what they say."""

import hashlib
import os
import random
import re
import sys

import pytest

import ctrace
from ctrace import filter as filters

try:
    import tomllib  # noqa: F401
except ImportError:
    pytest.importorskip("tomli")

META = '[meta]\nname = "test"\nversion = 1\n'
SCOPE = '[scope]\ndefault_exec = "trace"\ndefault_value_action = "allow"\n'
HEAD = META + SCOPE


@pytest.fixture
def write(tmp_path):
    def write(text, name=".codetracer/trace-filter.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def rule(selector, exec=None, patterns=(), **more):
    lines = ["[[scope.rules]]", f"selector = '{selector}'"]
    lines += [f'exec = "{exec}"'] if exec else []
    lines += [f'{key} = "{value}"' for key, value in more.items()]
    for kind_name, action in patterns:
        lines += ["[[scope.rules.value_patterns]]", f"selector = '{kind_name}'", f'action = "{action}"']
    return "\n".join(lines) + "\n"


# ---- Shapes of files as people write them ----

DEMO = META + """
description = "Record only the demo's own module."
labels = ["web", "demo", "web"]

[io]
capture = true
streams = ["stdout", "stderr"]
modes = []

[scope]
default_exec = "skip"
default_value_action = "inherit"

[[scope.rules]]
selector = 'file:regex:.*'
exec = "skip"
reason = "Skip everything"

[[scope.rules]]
selector = 'file:regex:^(flask|fastapi|django)/app\\.py$'
exec = "trace"
reason = "The demo's handlers"
"""

STANDARD = HEAD + r"""
[[scope.rules]]
selector = 'file:regex:.*[\\/](lib|Lib)[\\/]python\d+\.\d+[\/].*'
exec = "skip"
reason = "Skip Python standard library files"

[[scope.rules]]
selector = 'file:regex:.*[\\/](lib|Lib)[\\/]python\d+\.\d+[\/]site-packages[\/].*'
exec = "trace"

[[scope.rules]]
selector = 'pkg:regex:^(asyncio|selectors|concurrent|importlib|threading|multiprocessing)(\.|$)'
exec = "skip"

[[scope.rules]]
selector = 'pkg:literal:builtins'
exec = "skip"

[[scope.rules]]
selector = 'pkg:glob:*_distutils_hack*'
exec = "skip"

[[scope.rules]]
selector = 'pkg:glob:*'

[[scope.rules.value_patterns]]
selector = 'local:regex:(?i).*(pass(word)?|passwd|pwd|api[_-]?key|jwt).*'
action = "redact"
reason = "Redact sensitive locals"
"""

CLICK = """
[meta]
name = "click-test"
version = 1
[scope]
default_exec = "trace"
default_value_action = "allow"
rules = [
  { selector = 'pkg:glob:click*', exec = 'trace', value_patterns = [{ selector = "global:glob:*", action = "drop" }] },
  { selector = 'pkg:glob:pytest*', exec = "skip" },
  { exec = 'skip', selector = 'pkg:glob:pluggy*' },
]
"""


def test_a_filter_of_a_web_demo(write, tmp_path):
    f = filters.Filter([write(DEMO, "web/filter.toml")])
    assert f.explain("app", tmp_path / "web/flask/app.py", "index") == (
        True, f'rule 2 "file:regex:^(flask|fastapi|django)/app\\.py$" of {tmp_path}/web/filter.toml: The demo\'s handlers')
    assert not f.explain("flask.app", "/usr/lib/python3/dist-packages/flask/app.py", "Flask.run")[0]
    assert not f.explain("other", tmp_path / "web/other.py", "f")[0]


def test_a_filter_of_the_standard_library(write):
    f = filters.Filter([write(STANDARD)], secrets=False)
    assert not f.explain("json", "/usr/lib/python3.11/json/__init__.py", "loads")[0]
    assert f.explain("click", "/usr/lib/python3.11/site-packages/click/core.py", "main")[0]
    assert not f.explain("asyncio.events", "/x/y.py", "f")[0]
    assert f.explain("asyncio2", "/x/y.py", "f")[0]
    assert not f.explain("builtins", "", "f")[0]
    assert not f.explain("_distutils_hack.override", "/x", "f")[0]
    assert f.explain_value("local", "MyPassWord", "app")[0] == "redact"
    assert f.explain_value("local", "compass", "app")[0] == "redact"
    assert f.explain_value("arg", "password", "app")[0] == "allow"


def test_rules_on_one_line(write):
    f = filters.Filter([write(CLICK)])
    assert f.explain_value("global", "x", "click.core") == (
        "drop", f'rule 1, value pattern 1 "global:glob:*" of {f.sources[1][0]}')
    assert not f.explain("pluggy", "", "f")[0]


def test_sources_are_told(write):
    path = write(HEAD)
    f = filters.Filter([path])
    assert f.sources == [("<builtin>", None, "secrets", 1),
                         (str(path), hashlib.sha256(path.read_bytes()).hexdigest(), "test", 1)]
    assert [source[0] for source in filters.Filter([path], secrets=False).sources] == [str(path)]


# ---- Secrets ----

def test_secrets_are_hidden_without_a_file():
    f = filters.Filter()
    for kind in filters.KINDS:
        assert f.explain_value(kind, "db_password", "app", "/p/app.py", "f") == (
            "redact", f'rule 1, value pattern {filters.KINDS.index(kind) + 1} "{kind}:secret" of <builtin>: secret name')
        assert f.explain_value(kind, "author")[0] == "allow"
    assert f.explain_value("ret", "", "app.auth", "", "get_user")[0] == "allow"
    assert f.explain_value("ret", "", "app.auth", "", "get_token")[0] == "redact"
    assert filters.Filter(secrets=False).explain_value("local", "password")[0] == "allow"


def test_what_is_hidden_is_shown_only_by_its_name(write):
    path = write(HEAD + rule("pkg:**", patterns=[("local:*", "allow"), ("local:literal:token", "allow")]))
    f = filters.Filter([path])
    assert f.explain_value("local", "password", "app")[0] == "redact"
    assert f.explain_value("local", "token", "app")[0] == "allow"
    assert filters.Filter([path], replace=True).explain_value("local", "password", "app")[0] == "allow"


# ---- The chain ----

def test_the_chain_of_files(write, tmp_path):
    project = write(HEAD)
    one, two, three = (write(HEAD, f"filters/{name}.toml") for name in ("one", "two", "three"))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert filters.nearest(inner) == str(project)
    assert filters.chain(inner, [], {}) == [str(project)]
    assert filters.chain(inner, [str(three)], {filters.VARIABLE: f"{one}::{two}"}) == [
        str(path) for path in (project, one, two, three)]
    assert filters.chain(inner, [f"{one}::{two}", str(three)], {}) == [str(path) for path in (project, one, two, three)]
    nearer = write(HEAD, "a/.codetracer/trace-filter.toml")
    assert filters.chain(inner, [], {}) == [str(nearer)]
    assert filters.chain(tmp_path, [], {filters.VARIABLE: ""}) == [str(project)]
    with pytest.raises(ctrace.Error, match="no path"):
        filters.chain(inner, ["::"], {})


def test_later_sources_inherit(write):
    first = write(META + '[scope]\ndefault_exec = "skip"\ndefault_value_action = "redact"\n' + rule("pkg:app.*", "trace"))
    second = write(META + '[scope]\ndefault_exec = "inherit"\ndefault_value_action = "allow"\n', "second.toml")
    f = filters.Filter([first, second], secrets=False)
    assert f.explain("other") == (False, f"the default of {first}")
    assert f.explain("app.core")[0]
    assert f.explain_value("local", "x", "app.core") == ("allow", f"the default of {second}")


# ---- What is wrong ----

@pytest.mark.parametrize("text, message", [
    ("[meta", "is not TOML"),
    ("", "meta is missing"),
    (META, "scope is missing"),
    (META.replace("1", "2") + SCOPE, r"\[meta\]: the version is newer than 1"),
    (META.replace("1", "1.0") + SCOPE, r"\[meta\]: version is not a whole number"),
    (META.replace("1", "true") + SCOPE, r"\[meta\]: version is not a whole number"),
    (META.replace("1", "99999999999999999999") + SCOPE, r"\[meta\]: the version is newer than 1"),
    (META.replace('"test"', "2020-01-01") + SCOPE, r"\[meta\]: name is not a text"),
    (META + SCOPE.replace("trace", "inherit"), r"\[scope\]: default_exec is inherit, but there is no filter before"),
    (HEAD + "colour = 1\n", r'\[scope\]: there is no key "colour", but default_exec, default_value_action, rules'),
    (HEAD + rule("pkg:a") + rule("pkg:b", "maybe"), 'rule 2 "pkg:b": exec is trace, skip or inherit, not "maybe"'),
    (HEAD + rule("mod:a"), 'rule 1 "mod:a": a selector of scopes is for pkg, file or obj, not "mod"'),
    (HEAD + rule("pkg:regex:("), "there is no|unterminated|missing"),
    (HEAD + rule("file:../x"), "leaves the project"),
    (HEAD + rule("file:/etc/x"), "does not lie in the project"),
    (HEAD + rule("pkg:a", patterns=[("local:x", "allow"), ("local:y", "inherit")]),
     'rule 1 "pkg:a", value pattern 2 "local:y": action is allow, redact or drop, not "inherit"'),
    (HEAD + '[[scope.rules]]\nselector = "pkg:a"\nvalue_patterns = [1]\n', "one of them is not a table"),
    (HEAD + '[io]\ncapture = true\n', r"\[io\]: capture is true, but there are no streams"),
])
def test_what_is_wrong_is_told(write, text, message):
    path = write(text)
    with pytest.raises(ctrace.Error, match=message) as told:
        filters.Filter([path], secrets=False)
    assert str(path) in str(told.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(ctrace.Error, match="cannot read the trace filter: No such file"):
        filters.Filter([tmp_path / "none.toml"])
    with pytest.raises(ctrace.Error, match="cannot read the trace filter: Is a directory"):
        filters.Filter([tmp_path])
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ctrace.Error, match="not UTF-8"):
        filters.Filter([tmp_path / "bad.toml"])


# ---- Expressions ----

def test_expressions_of_python_help_out(write):
    path = write(HEAD + rule(r"pkg:regex:^(?!app)\w+$", "skip") + rule(r"obj:regex:(a)\1", "skip"))
    f = filters.Filter([path])
    assert f.explain("app")[0] and not f.explain("other")[0]
    assert not f.explain("", "", "baab")[0] and f.explain("", "", "bab")[0]


ATOMS = ["a", "b", "c", ".", r"\w", r"\d", "[ab]", "[^a]", "[a-c]", "é", "_", r"\.", r"\b", "^", "$", "/"]
REPEATS = ["*", "+", "?", "{2}", "{1,2}", "{0,2}", "{1,}", "{0,}", "*?", "{0}", "{3,5}"]


def expression(source, depth=0):
    parts = []
    for _ in range(source.randint(1, 3)):
        kind = source.random()
        if depth < 3 and kind < 0.25:
            part = f"({source.choice(['', '?:'])}{expression(source, depth + 1)})"
        elif depth < 3 and kind < 0.35:
            part = f"(?:{expression(source, depth + 1)}|{expression(source, depth + 1)})"
        else:
            part = source.choice(ATOMS)
        if source.random() < 0.35 and part not in ("^", "$", r"\b"):
            part += source.choice(REPEATS)
        parts.append(part)
    return "".join(parts)


def test_expressions_mean_what_they_mean_in_python(write):
    """Python's own is a second opinion on random expressions and names."""
    source = random.Random(7)
    rules, texts = [], []
    while len(rules) < 300:
        text = expression(source)
        try:
            rules.append(re.compile(text))
        except re.error:
            continue
        texts.append(text)
    one_each = [filters.Filter([write(HEAD + rule(f"pkg:regex:{text}", "skip"), f"{i}.toml")]) for i, text in enumerate(texts)]
    for compiled, f in zip(rules, one_each):
        for _ in range(20):
            name = "".join(source.choice("aabbc_./1éAB") for _ in range(source.randint(1, 8)))
            assert f.explain(name)[0] == (compiled.search(name) is None), (compiled.pattern, name)
