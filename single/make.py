"""make.py LIB OUTPUT.c OUTPUT.h DEPFILE SOURCE…: writes the library as one source file and one header.

The sources follow one another as they are; each internal header stands where it is first included. What two sources
call by the same name, such as a static function, is renamed in each of them: `fail` of lib/io/file.c becomes
`io_file_fail`. The forms that need zstd are left out.
"""

import re
import sys
from pathlib import Path

# Below lib/; the rest must do without them, or the result does not link.
WITHOUT = ("codec/capnp/", "codec/cbor/", "codec/ctfs/", "io/frames")

TOKEN = re.compile(r"""
    (?P<blank>\s+|/\*.*?\*/|//[^\n]*)
  | (?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<sign>->|\.\.\.|\#\#|.)
""", re.VERBOSE | re.DOTALL)
DIRECTIVE = re.compile(r"(?P<directive>\#(?:/\*.*?\*/|\\\n|[^\n])*)", re.DOTALL)
WITHIN_DIRECTIVE = re.compile(r"""
    /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | (?P<member>(?:\.|->)\s*)?\b(?P<word>[A-Za-z_]\w*)
""", re.VERBOSE | re.DOTALL)
INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
FEATURE = re.compile(r"\s*#\s*define\s+(_\w+_SOURCE)\s+(\w+)")  # what the system's headers shall have
UNDEF = re.compile(r"\s*#\s*undef\s+(\w+)")

OPENS, CLOSES = "([{", ")]}"


class Unclear(Exception):
    """Something that this script cannot follow, with its file."""


def tokens_of(text):
    """Pairs of kind and text; together they are the text."""
    found, at, begins_line = [], 0, True
    while at < len(text):
        match = (DIRECTIVE if begins_line and text[at] == "#" else TOKEN).match(text, at)
        found.append((match.lastgroup, match.group()))
        begins_line = match.lastgroup == "blank" and (begins_line or "\n" in match.group())
        at = match.end()
    return found


def declarations(tokens):
    """What stands at file scope, each as a list of words and signs."""
    current, depth = [], 0
    for kind, text in tokens:
        if kind in ("blank", "directive"):
            continue
        current.append(text)
        if text in OPENS:
            depth += 1
        elif text in CLOSES:
            depth -= 1
        if depth == 0 and (text == ";" or (text == "}" and is_function(current))):
            yield current
            current = []


def is_function(declaration):
    return declaration[declaration.index("{") - 1] == ")"


def without_attributes(declaration):
    result, at = [], 0
    while at < len(declaration):
        if declaration[at] in ("__attribute__", "_Alignas", "alignas"):
            depth, at = 0, at + 1
            while True:
                depth += (declaration[at] == "(") - (declaration[at] == ")")
                at += 1
                if depth == 0:
                    break
        else:
            result.append(declaration[at])
            at += 1
    return result


def is_word(text):
    return re.fullmatch(r"[A-Za-z_]\w*", text) is not None


def names_of(declaration, file):
    """The names that a declaration at file scope brings into the file and that only this file has."""
    words = without_attributes(declaration)
    for at, word in enumerate(words[:-2]):
        if word in ("struct", "union", "enum"):
            body = at + 1
            if is_word(words[body]):
                body += 1
                if words[body] == "{":
                    yield words[at + 1]
            if word == "enum" and words[body] == "{":
                depth = 0
                for place in range(body, len(words)):
                    depth += (words[place] in OPENS) - (words[place] in CLOSES)
                    if depth == 0:
                        break
                    if depth == 1 and words[place] in "{," and is_word(words[place + 1]):
                        yield words[place + 1]
    if words[0] not in ("static", "typedef"):
        return
    depth, previous = 0, ""
    for at, word in enumerate(words):
        if depth == 0 and word in ("(", "[", "=", ";", ","):
            if word == ",":
                raise Unclear(f"{file}: declare one name at a time: {' '.join(words[:at + 2])}")
            yield words[at + 2] if word == "(" and words[at + 1] == "*" else previous
            return
        depth += (word in OPENS) - (word in CLOSES)
        previous = word


def macros_of(tokens):
    """Those that are defined and stay so."""
    found = {}
    for kind, text in tokens:
        if kind == "directive":
            if match := DEFINE.match(text):
                found[match.group(1)] = True
            elif match := UNDEF.match(text):
                found.pop(match.group(1), None)
    return list(found)


def members(tokens):
    """Indices of the tokens that name a member of a struct or union."""
    found, open_braces, significant = set(), [], []
    for index, (kind, text) in enumerate(tokens):
        if kind in ("blank", "directive"):
            continue
        significant.append((index, kind, text))
    for at, (index, kind, text) in enumerate(significant):
        before = [entry[2] for entry in significant[max(0, at - 2):at]]
        after = significant[at + 1][2] if at + 1 < len(significant) else ""
        if text == "{":
            open_braces.append(any(word in ("struct", "union") for word in before))
        elif text == "}":
            open_braces.pop()
        elif kind == "word" and before and before[-1] in (".", "->"):
            found.add(index)
        elif kind == "word" and open_braces and open_braces[-1]:
            if after in (";", ",", "[", ":") or (before == ["(", "*"] and after == ")"):
                found.add(index)
    return found


class Source:
    def __init__(self, path, name):
        self.name = name
        tokens = tokens_of(path.read_text())
        self.features = {match.groups() for kind, text in tokens if (match := FEATURE.match(text))}
        self.tokens = [(kind, text) for kind, text in tokens if not FEATURE.match(text)]
        self.names = {found for declaration in declarations(self.tokens) for found in names_of(declaration, name)}
        self.macros = macros_of(self.tokens)

    def rename(self, names):
        """Gives the names of this file new ones."""
        prefix = re.sub(r"\W", "_", re.sub(r"^codec/|\.c$", "", self.name)) + "_"
        new = {name: prefix + name for name in names & self.names}
        if not new:
            return
        kept = members(self.tokens)
        self.names = {new.get(name, name) for name in self.names}

        def within_directive(match):
            word = match.group("word")
            return match.group() if match.group("member") or word not in new else new[word]

        for index, (kind, text) in enumerate(self.tokens):
            if kind == "word" and text in new and index not in kept:
                self.tokens[index] = kind, new[text]
            elif kind == "directive" and not INCLUDE.match(text):
                self.tokens[index] = kind, WITHIN_DIRECTIVE.sub(within_directive, text)


class Library:
    def __init__(self, lib):
        self.lib = lib
        self.public = lib.parent / "include" / "ctrace"
        self.read = set()  # all files that the result is made of
        self.headers = {}  # internal ones: name and Source
        self.stands = set()  # internal headers that stand in the result
        self.system = set()  # headers that every file may include first

    def load(self, name):
        path = self.lib / name
        self.read.add(path)
        return Source(path, name)

    def find_headers(self, source):
        for kind, text in source.tokens:
            match = INCLUDE.match(text) if kind == "directive" else None
            if match and match.group(1) == '"' and not match.group(2).startswith("ctrace/"):
                name = match.group(2)
                if name not in self.headers:
                    self.headers[name] = self.load(name)
                    self.find_headers(self.headers[name])

    def write_source(self, source, out):
        """The text of a file with its headers in place."""
        conditions = 0
        is_guarded = source.name.endswith(".h")
        for kind, text in source.tokens:
            if kind == "directive":
                word = re.match(r"\s*#\s*(\w+)", text).group(1)
                conditions += word.startswith("if")
                conditions -= word == "endif"
                if match := INCLUDE.match(text):
                    text = self.included(match, text, conditions - is_guarded, out)
            out.append(text)

    def included(self, match, text, conditions, out):
        kind, name = match.groups()
        if kind == "<":
            if conditions:
                return text
            self.system.add(name)
        elif not name.startswith("ctrace/") and not (name.endswith(".h") and name in self.stands):
            self.stands.add(name)
            self.write_source(self.headers[name], out)
        return ""

    def write_public(self, name, out, stands):
        """A public header with those that it includes before it."""
        self.read.add(self.public / name)
        stands.add(name)
        body = []
        for line in (self.public / name).read_text().splitlines(keepends=True):
            match = INCLUDE.match(line)
            if match and match.group(1) == '"':
                if match.group(2) not in stands:
                    self.write_public(match.group(2), out, stands)
            else:
                body.append(line)
        out += body


def clashes(sources, headers):
    """Names that more than one file has. Those of the whole library begin with its name, and it has them once."""
    homes, found = {}, set()
    for header in headers:
        for name in header.names.union(header.macros):
            if name in homes:
                raise Unclear(f"{name} is in lib/{homes[name]} and in lib/{header.name}: call one of them otherwise")
            homes[name] = header.name
    for source in sources:
        for name in source.names & homes.keys():
            if name.startswith(("ctr_", "ctrace_")) and homes[name].endswith(".c"):
                raise Unclear(f"{name} is in lib/{homes[name]} and in lib/{source.name}: call one of them otherwise")
        found |= homes.keys() & source.names.union(source.macros)
        homes.update(dict.fromkeys(source.names, source.name))
    return {name for name in found if not name.startswith(("ctr_", "ctrace_"))}


def squeeze(text):
    """Without the empty lines that taken-out lines leave."""
    return re.sub(r"\n{3,}", "\n\n", text)


def make(lib, names):
    library = Library(lib)
    sources = [library.load(name) for name in names if not name.startswith(WITHOUT)]
    for source in sources:
        library.find_headers(source)
    found = clashes(sources, library.headers.values())
    for source in sources:
        source.rename(found)
    left = clashes(sources, library.headers.values())
    if left:
        raise Unclear(f"still ambiguous after renaming: {', '.join(sorted(left))}")

    body = []
    for source in sources:
        body.append(f"\n\n/* ======== {source.name} ======== */\n\n")
        library.write_source(source, body)
        body += [f"#undef {macro}\n" for macro in source.macros]
    header = []
    stands = set()
    for path in sorted(library.public.glob("*.h")):
        if path.name not in stands:
            library.write_public(path.name, header, stands)

    version = re.search(r'CTRACE_VERSION_STRING "(.*)"', "".join(header)).group(1)
    licence = (lib.parent / "LICENSE").read_text().strip()
    about = f"libctrace {version} in one source file and one header, made by single/make.py. It has JSON alone"
    lines = [about + ",", "and needs no other library.", "", *licence.splitlines()]
    top = "/* " + "\n".join(f" * {line}".rstrip() for line in lines)[3:] + " */\n"
    features = {("_POSIX_C_SOURCE", "200809L")}.union(*(source.features for source in sources))
    c = [top, *(f"#ifndef {name}\n#define {name} {value}\n#endif\n" for name, value in sorted(features))]
    c.append("#define CTRACE_JSON_ONLY\n\n")
    c += [f"#include <{name}>\n" for name in sorted(library.system)]
    c.append('#include "ctrace.h"\n\n')
    c.append("/* A part of it that nobody calls here is no mistake, and its insides are not for other libraries. */\n")
    c.append('#pragma GCC diagnostic ignored "-Wunused-function"\n#pragma GCC visibility push(hidden)\n')
    c += body
    c.append("\n#pragma GCC visibility pop\n")
    library.read.add(lib.parent / "LICENSE")
    return squeeze("".join(c)), squeeze(top + "\n" + "".join(header)), library.read


def main():
    lib, c_path, h_path, depfile = map(Path, sys.argv[1:5])
    lib = lib.resolve()
    try:
        c, h, read = make(lib, [Path(name).resolve().relative_to(lib).as_posix() for name in sys.argv[5:]])
    except Unclear as error:
        sys.exit(f"make.py: {error}")
    c_path.write_text(c)
    h_path.write_text(h)
    needed = [str(path).replace(" ", "\\ ") for path in sorted(read)]
    depfile.write_text(f"{c_path} {h_path}: {' '.join(needed)}\n")


if __name__ == "__main__":
    main()
