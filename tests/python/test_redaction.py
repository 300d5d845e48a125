"""What a filter hides is nowhere in the trace."""

import json

import pytest

import ctrace

META = '[meta]\nname = "test"\nversion = 1\n'
SCOPE = '[scope]\ndefault_exec = "trace"\ndefault_value_action = "allow"\n'

# Put together when the program runs, so that it is in no source.
VALUE = "Qz7Hidden4Xv"
MAKE = 'secret_made = "".join(["Qz7", "Hidden", "4Xv"])\n'

pytestmark = pytest.mark.usefixtures("no_filters_around")


@pytest.fixture
def no_filters_around(monkeypatch):
    monkeypatch.delenv("CODETRACER_TRACE_FILTER", raising=False)


def rule(selector, exec=None, patterns=(), **more):
    lines = ["[[scope.rules]]", f"selector = '{selector}'"]
    lines += [f'exec = "{exec}"'] if exec else []
    lines += [f'{key} = "{value}"' for key, value in more.items()]
    for name, action in patterns:
        lines += ["[[scope.rules.value_patterns]]", f"selector = '{name}'", f'action = "{action}"', 'reason = "told so"']
    return "\n".join(lines) + "\n"


def texts_of(value):
    """Every text in a value, as deep as it goes."""
    if isinstance(value, dict):
        for part in value.values():
            yield from texts_of(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from texts_of(part)
    elif isinstance(value, str):
        yield value


def shown(trace):
    """The trace as JSON, whatever its form."""
    target = trace.parent / f"{trace.name}.shown.json"
    ctrace.convert(trace, target, form="json")
    return json.loads(target.read_text())


def variables(trace):
    """What each variable was, in order: name -> values as they are in the trace."""
    names, found = [], {}
    for event in shown(trace):
        kind, data = next(iter(event.items()))
        if kind in ("VariableName", "Variable"):
            names.append(data)
        elif kind == "Value":
            found.setdefault(names[data["variable_id"]], []).append(data["value"])
        elif kind == "Call":
            for argument in data["args"]:
                found.setdefault(names[argument["variable_id"]], []).append(argument["value"])
    return found


def returns(trace):
    return [event["Return"]["return_value"] for event in shown(trace) if "Return" in event]


def functions(trace):
    return [event["Function"]["name"] for event in shown(trace) if "Function" in event]


def counts(trace):
    return json.loads((trace / "trace_metadata.json").read_text())["ctrace"]


def is_nowhere(trace, value=VALUE):
    """In no file of the trace, as it is and unpacked; and the trace is sound."""
    report = ctrace.validate(trace)
    # JSON lines are refused by some readers, which is told as an error.
    assert {problem.rule for problem in report if problem.severity == "error"} <= {"not-a-list"}, list(map(str, report))
    for path in trace.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for form in (value.encode(), value.encode("utf-16-le"), value.encode().hex().encode(), repr(value).encode()):
                assert form not in content, path
    assert value not in json.dumps(shown(trace))


def redacted(value):
    return any(text.startswith("<redacted") for text in texts_of(value))


EVERYWHERE = MAKE + """
password = secret_made
del secret_made

class Account:
    def __init__(self, password, user):
        self.password, self.user = password, user
        self.nested = {"api_key": password, "list": [{"token": password}], "user": user}

class Slotted:
    __slots__ = ("secret", "plain")
    def __init__(self, secret):
        self.secret, self.plain = secret, 1

class Setting:
    session_key = password
    plain = 2

def login(user, password, *, token=None, **credentials):
    passwd = password
    account = Account(password, user)
    slotted = Slotted(password)
    headers = {"Authorization": password, "Accept": "text/plain"}
    def inner():
        return len(password)
    inner()
    try:
        raise ValueError("no")
    except ValueError as error:
        pass
    return user

def get_token():
    return password

def tokens_of(secret):
    yield 0
    for token in [secret] * 2:
        yield 1

login("ann", password, token=password, db_password=password)
get_token()
list(tokens_of(password))
"""


@pytest.mark.parametrize("form", ["json", "ndjson", "bin", "ct"])
def test_secrets_by_name_are_nowhere(recorder, form):
    done = recorder.record("--form", form, recorder.write(EVERYWHERE))
    assert done.code == 0, done
    is_nowhere(recorder.trace)
    found = variables(recorder.trace)
    for name in ("password", "passwd", "token", "credentials", "secret", "session_key"):
        assert found[name] and all(redacted(value) for value in found[name]), (name, found[name])
    assert any("ann" in texts_of(value) for value in found["user"])
    for name in ("account", "slotted", "headers"):
        assert any(redacted(value) for value in found[name])
    assert any("text/plain" in list(texts_of(value)) for value in found["headers"])


def test_with_secrets_shown(recorder):
    recorder.record("--show-secrets", recorder.write(MAKE + "password = secret_made\nx = password\n"))
    assert all(VALUE in list(texts_of(value)) for value in variables(recorder.trace)["password"])


SHAPES = """
parts = ["AKIA", "IOSFODNN7", "EXAMPLE"]
def f(x):
    whole = "".join(x)
    url = "postgres://app:" + "hunter2" + "x@db/prod"
    listed = [{"k": (whole, 1)}]
    return whole
f(parts)
"""


@pytest.mark.parametrize("form", ["json", "bin"])
def test_secrets_by_shape_are_nowhere(recorder, form):
    recorder.record("--form", form, recorder.write(SHAPES))
    is_nowhere(recorder.trace, "AKIAIOSFODNN7EXAMPLE")
    found = variables(recorder.trace)
    assert list(texts_of(found["whole"][-1])).count("<redacted: AWS access key>") == 1
    assert "<redacted: password in a URL>" in list(texts_of(found["url"]))
    recorder.record("--show-secrets", recorder.write(SHAPES))
    assert "AKIAIOSFODNN7EXAMPLE" in list(texts_of(variables(recorder.trace)["whole"]))


# ---- Files ----

VALUES = MAKE + """
one, two, three = secret_made, 2, 3
del secret_made

class Box:
    def __init__(self, inside, other):
        self.inside, self.other = inside, other

def work(a, b, c=None):
    local_a, box = a, Box(a, b)
    return a

def gives(n):
    yield one

def fails():
    raise ValueError(one)

work(one, 5)
next(gives(1))
try:
    fails()
except ValueError:
    pass
"""

HIDE = META + SCOPE + rule("pkg:**", patterns=[
    ("global:one", "redact"), ("arg:literal:a", "redact"), ("local:regex:^local_", "drop"), ("attr:inside", "redact"),
    ("arg:glob:c", "drop"), ("local:inside", "redact"), ("ret:__main__.work", "redact"), ("ret:<yield>", "drop"),
    ("ret:<unwind>", "redact"), ("global:_*", "drop")])


@pytest.mark.parametrize("form", ["json", "bin"])
def test_every_kind_of_value(recorder, form):
    recorder.write(HIDE, ".codetracer/trace-filter.toml")
    done = recorder.record("--form", form, recorder.write(VALUES))
    assert done.code == 0, done
    is_nowhere(recorder.trace)
    found = variables(recorder.trace)
    assert all("<redacted: told so>" in texts_of(value) for value in found["one"] + found["a"])
    assert "local_a" not in found and "c" not in found
    assert found["two"] and found["b"]
    assert {"<redacted: told so>"} <= set(texts_of(found["box"]))
    assert sum(redacted(value) for value in returns(recorder.trace)) >= 2  # of work() and fails()
    if form == "json":
        told = counts(recorder.trace)
        assert told["values_redacted"] > 0 and told["values_dropped"] > 0
        assert [source["name"] for source in told["filters"]] == ["secrets", "test"]
        assert told["filters"][1]["path"].endswith("/.codetracer/trace-filter.toml")
        assert len(told["filters"][1]["sha256"]) == 64


def test_functions_that_are_left_out(recorder):
    recorder.write(META + SCOPE + rule("obj:__main__.quiet*", "skip") + rule("pkg:helper", "skip") +
                   rule("obj:helper.loud", "trace") + rule("file:lib/**", "skip"), ".codetracer/trace-filter.toml")
    recorder.write("def loud(): return soft()\ndef soft(): return 1\n", "helper.py")
    recorder.write("def deep(): return 1\n", "lib/part.py")
    recorder.write("", "lib/__init__.py")
    recorder.both(recorder.write("import helper, lib.part\ndef quiet_one(): return loud()\ndef loud(): return helper.loud()\n"
                                 "quiet_one(); lib.part.deep()\n"))
    names = functions(recorder.trace)
    assert names.count("loud") == 2 and "quiet_one" not in names and "soft" not in names and "deep" not in names
    assert counts(recorder.trace)["scopes_skipped"] >= 4


def test_a_rule_brings_in_what_lies_outside(recorder):
    recorder.write("def outside(x):\n    return x + 1\n", "elsewhere/other.py")
    program = recorder.write("import sys\nsys.path.insert(0, sys.argv[1])\nimport other\nother.outside(1)\n", "main/prog.py")
    recorder.record(program, recorder.folder / "elsewhere")
    assert "outside" not in functions(recorder.trace)
    path = recorder.write(META + SCOPE + rule("pkg:other", "trace"), "filter.toml")
    recorder.record("--trace-filter", path, program, recorder.folder / "elsewhere")
    assert "outside" in functions(recorder.trace)
    report = ctrace.validate(recorder.trace)
    assert report.valid, [str(problem) for problem in report]


def test_the_chain_of_the_command(recorder):
    program = recorder.write(MAKE + "one = two = three = secret_made\ndel secret_made\nx = 1\npass\n")
    files = {}
    for name in ("one", "two", "three"):
        files[name] = recorder.write(META + SCOPE + rule("pkg:**", patterns=[(f"global:{name}", "drop")]), f"{name}.toml")
    recorder.write(META + SCOPE + rule("pkg:**", patterns=[("global:secret_made", "drop")]), ".codetracer/trace-filter.toml")
    recorder.record(f"--trace-filter={files['one']}::{files['two']}", program,
                    CODETRACER_TRACE_FILTER=str(files["three"]))
    is_nowhere(recorder.trace)
    assert set(variables(recorder.trace)) == {"x"}
    assert [source["name"] for source in counts(recorder.trace)["filters"]] == ["secrets"] + ["test"] * 4


def test_replaced_patterns(recorder):
    recorder.write(META + SCOPE + rule("pkg:**", patterns=[("global:one", "redact")]) + rule("pkg:__main__", "trace"),
                   ".codetracer/trace-filter.toml")
    program = recorder.write(MAKE + "one = secret_made\nx = 1\n")
    recorder.record(program)
    assert all(redacted(value) for value in variables(recorder.trace)["one"])
    recorder.record("--replace-patterns", program)
    assert not any(redacted(value) for value in variables(recorder.trace)["one"])


@pytest.mark.parametrize("text, message", [
    ("[meta", b"is not TOML"),
    (META + SCOPE + rule("pkg:a", "off"), b'rule 1 "pkg:a": exec is trace, skip or inherit, not "off"'),
])
def test_a_wrong_filter_ends_the_recorder(recorder, text, message):
    path = recorder.write(text, "filter.toml")
    done = recorder.record("--trace-filter", path, recorder.write("print('runs')\n"))
    assert done.code == 2 and message in done.err and str(path).encode() in done.err and done.out == b""
    assert not recorder.trace.exists()
    assert recorder.record("--trace-filter", "none.toml", recorder.folder / "prog.py").code == 2
