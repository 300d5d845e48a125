"""The type stubs name what is there, and all of it."""

import ast
from pathlib import Path

import ctrace

STUBS = Path(ctrace.__file__).with_name("__init__.pyi")


def names_in(body):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, ast.AnnAssign):
            yield node.target.id, node


STUBBED = {name: node for name, node in names_in(ast.parse(STUBS.read_text()).body) if not name.startswith("_")}


def test_the_package_is_typed():
    assert STUBS.with_name("py.typed").exists()


def test_names_agree():
    assert set(STUBBED) == set(ctrace.__all__)
    assert all(hasattr(ctrace, name) for name in STUBBED)


def test_members_agree():
    for name, node in STUBBED.items():
        if not isinstance(node, ast.ClassDef) or issubclass(getattr(ctrace, name), tuple):
            continue
        cls = getattr(ctrace, name)
        stubbed = {member for member, _ in names_in(node.body) if not member.startswith("__")}
        real = {member for member in vars(cls) if not member.startswith("_")}
        assert real <= stubbed, f"{name}: {real - stubbed} lack in the stubs"
        methods = {member for member, part in names_in(node.body)
                   if isinstance(part, ast.FunctionDef) and not member.startswith("__")}
        assert all(hasattr(cls, member) for member in methods), f"{name}: {methods}"


def test_parameters_agree():
    import inspect

    for name in ("Writer", "Report"):
        cls = getattr(ctrace, name)
        for member, part in names_in(STUBBED[name].body):
            real = cls.__dict__.get(member)
            if not isinstance(part, ast.FunctionDef) or not inspect.isfunction(real):
                continue
            stubbed = [argument.arg for argument in [*part.args.args, *part.args.kwonlyargs]]
            assert stubbed == list(inspect.signature(real).parameters), f"{name}.{member}"
