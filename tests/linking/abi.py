"""What programs that were compiled against the library rely on: its functions, and how its structs lie in memory.

    abi.py LIBRARY              tells whether lib/libctrace.abi describes the library, and what breaks programs
    abi.py LIBRARY --renew      writes lib/libctrace.abi anew

The compiler tells it: the public headers are compiled with debugging information, which is read here. The description
is text, so that a change of it is seen in review. Macros and inline functions are not in it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = ROOT / "include"
DESCRIPTION = ROOT / "lib" / "libctrace.abi"

# The same types have other names in other compilers.
BASE_TYPES = {
    "_Bool": "bool", "short int": "short", "short unsigned int": "unsigned short", "long int": "long",
    "long unsigned int": "unsigned long", "long long int": "long long", "long long unsigned int": "unsigned long long",
}


class Entry:
    """One function, typedef, enum, struct, union or opaque type. Members are texts by name, in their order."""

    def __init__(self, kind, name, what, members=()):
        self.kind, self.name, self.what, self.members = kind, name, what, dict(members)

    def text(self):
        lines = [f"{self.kind} {self.name}: {self.what}"]
        return "\n".join(lines + [f"    {name}: {what}" for name, what in self.members.items()])

    def __eq__(self, other):
        return isinstance(other, Entry) and self.text() == other.text()


class Description:
    def __init__(self, soversion, entries):
        self.soversion = soversion
        self.entries = {entry.name: entry for entry in sorted(entries, key=lambda entry: (entry.kind, entry.name))}

    def text(self):
        top = "# What programs rely on, where a pointer has 8 bytes. Made by ./dev abi."
        return "\n".join([top, f"soversion {self.soversion}", "", *(e.text() for e in self.entries.values()), ""])


def parse(text):
    entries, soversion = [], None
    for line in text.splitlines():
        if line.startswith("    "):
            name, what = line.strip().split(": ", 1)
            entries[-1].members[name] = what
        elif line.startswith("soversion "):
            soversion = int(line.split()[1])
        elif line and not line.startswith("#"):
            head, what = line.split(": ", 1)
            entries.append(Entry(*head.split(" ", 1), what))
    return Description(soversion, entries)


# ---- From the compiler ----

def name_of(die):
    return die.attributes["DW_AT_name"].value.decode() if "DW_AT_name" in die.attributes else ""


def type_of(die):
    return die.get_DIE_from_attribute("DW_AT_type") if "DW_AT_type" in die.attributes else None


def size_of(die):
    return die.attributes["DW_AT_byte_size"].value


def type_text(die, inner=""):
    """The type as C writes it, around what is inside of it."""
    tag = die.tag if die else None
    if tag == "DW_TAG_pointer_type":
        target = type_of(die)
        around = target is not None and target.tag in ("DW_TAG_subroutine_type", "DW_TAG_array_type")
        return type_text(target, f"(*{inner})" if around else f"*{inner}")
    if tag == "DW_TAG_const_type":
        target = type_of(die)
        if target is not None and target.tag == "DW_TAG_pointer_type":
            return type_text(target, f" const{inner}")
        return "const " + type_text(target, inner)
    if tag == "DW_TAG_array_type":
        for range_die in die.iter_children():
            attributes = range_die.attributes
            if "DW_AT_count" in attributes:
                inner += f"[{attributes['DW_AT_count'].value}]"
            else:
                inner += f"[{attributes['DW_AT_upper_bound'].value + 1}]"
        return type_text(type_of(die), inner)
    if tag == "DW_TAG_subroutine_type":
        parameters = [type_text(type_of(child)) if child.tag == "DW_TAG_formal_parameter" else "..."
                      for child in die.iter_children()]
        return type_text(type_of(die), f"{inner}({', '.join(parameters) or 'void'})")
    keywords = {"DW_TAG_structure_type": "struct ", "DW_TAG_union_type": "union ", "DW_TAG_enumeration_type": "enum "}
    if tag in keywords:
        name = keywords[tag] + name_of(die)
    elif tag in ("DW_TAG_base_type", "DW_TAG_typedef"):
        name = BASE_TYPES.get(name_of(die), name_of(die))
    elif tag is None:
        name = "void"
    else:
        raise ValueError(f"{tag} is a type that this does not follow")
    return f"{name} {inner}" if inner else name


def members_of(die, offset=0, prefix=""):
    """Name and place of each member; those of a struct without a name are members of what is around it."""
    for member in die.iter_children():
        if member.tag != "DW_TAG_member":
            continue
        if "DW_AT_bit_size" in member.attributes:
            raise ValueError(f"{prefix}{name_of(member)} is a bit field, which this does not follow")
        place = offset + (member.attributes["DW_AT_data_member_location"].value
                          if "DW_AT_data_member_location" in member.attributes else 0)
        kind = type_of(member)
        name = prefix + name_of(member)
        if kind.tag in ("DW_TAG_structure_type", "DW_TAG_union_type") and not name_of(kind):
            yield from members_of(kind, place, f"{name}." if name_of(member) else prefix)
        else:
            yield name, f"at {place}, {type_text(kind)}"


def entry_of_type(name, die):
    if die.tag == "DW_TAG_enumeration_type":
        constants = {name_of(child): str(child.attributes["DW_AT_const_value"].value) for child in die.iter_children()}
        return Entry("enum", name, f"{size_of(die)} bytes", constants)
    if "DW_AT_declaration" in die.attributes:
        return Entry("opaque", name, "seen through pointers alone")
    kind = "struct" if die.tag == "DW_TAG_structure_type" else "union"
    return Entry(kind, name, f"{size_of(die)} bytes", members_of(die))


def entries_of(dies):
    aggregates = ("DW_TAG_structure_type", "DW_TAG_union_type", "DW_TAG_enumeration_type")
    for die in dies:
        name = name_of(die)
        if die.tag == "DW_TAG_typedef" and name.startswith("ctrace_"):
            target = type_of(die)
            if target is not None and target.tag in aggregates and name_of(target) in ("", name):
                yield entry_of_type(name, target)
            else:
                yield Entry("typedef", name, type_text(target))
        elif die.tag in aggregates and name.startswith("ctrace_") and "DW_AT_declaration" not in die.attributes:
            yield entry_of_type(name, die)
        elif die.tag == "DW_TAG_variable" and name.startswith("abi_"):
            yield Entry("function", name[4:], type_text(type_of(type_of(die))))


def describe(functions, soversion, include=INCLUDE):
    """The description of these functions and of all types in the headers."""
    source = "".join(f"#include <ctrace/{header.name}>\n" for header in sorted((include / "ctrace").glob("*.h")))
    source += "".join(f"__typeof__({name}) *abi_{name};\n" for name in functions)
    with tempfile.TemporaryDirectory() as folder:
        program, compiled = Path(folder) / "abi.c", Path(folder) / "abi.o"
        program.write_text(source)
        compiler = [*os.environ.get("CC", "cc").split(), "-std=c11", "-gdwarf-4", "-fno-eliminate-unused-debug-types"]
        subprocess.run([*compiler, "-I", str(include), "-c", str(program), "-o", str(compiled)], check=True)
        with open(compiled, "rb") as file:
            elf = ELFFile(file)
            if elf.elfclass != 64:
                raise ValueError("the description is of machines whose pointers have 8 bytes")
            units = elf.get_dwarf_info().iter_CUs()
            return Description(soversion, [e for unit in units for e in entries_of(unit.get_top_DIE().iter_children())])


def exports(library):
    """The functions of a shared library, the version of its name, the versions of its symbols."""
    with open(library, "rb") as file:
        elf = ELFFile(file)
        tags = elf.get_section_by_name(".dynamic").iter_tags()
        soname = next(tag.soname for tag in tags if tag.entry.d_tag == "DT_SONAME")
        functions = sorted(symbol.name for symbol in elf.get_section_by_name(".dynsym").iter_symbols()
                           if symbol.entry.st_shndx != "SHN_UNDEF" and symbol.entry.st_info.type == "STT_FUNC")
        nodes = [auxiliary.name for version, parts in elf.get_section_by_name(".gnu.version_d").iter_versions()
                 for auxiliary in list(parts)[:1]]
    return functions, int(re.fullmatch(r"libctrace\.so\.(\d+)", soname).group(1)), nodes[1:]


def describe_library(library):
    functions, soversion, _ = exports(library)
    return describe(functions, soversion)


# ---- What breaks programs ----

def place_of(member):
    return int(re.match(r"at (\d+),", member).group(1))


def may_grow(entry):
    """Structs of options tell the library their size."""
    return entry.name.endswith("_options") and next(iter(entry.members.items()), None) == ("size", "at 0, size_t")


def breaks_of(old, new):
    if new.kind != old.kind:
        if old.kind != "opaque":
            yield f"{old.name} was {old.kind}, and is {new.kind}"
        return
    for name, what in old.members.items():
        if name not in new.members:
            yield f"{old.name}: {name} is gone"
        elif new.members[name] != what:
            yield f"{old.name}: {name} was {what}, and is {new.members[name]}"
    if old.kind not in ("struct", "union"):
        if new.what != old.what:
            yield f"{old.name} was {old.what}, and is {new.what}"
        return
    old_size, new_size = int(old.what.split()[0]), int(new.what.split()[0])
    if not may_grow(old):
        if old_size != new_size:
            yield f"{old.name} had {old.what}, and has {new.what}"
        return
    if new_size < old_size:
        yield f"{old.name} had {old.what}, and has {new.what}"
    for name, what in new.members.items():
        if name not in old.members and place_of(what) < old_size:
            yield (f"{old.name}: {name} lies within the {old_size} bytes of older programs, which have anything there; "
                   "begin a new word")


def breaks(old, new):
    """What programs that were compiled against the old one do not survive."""
    found = []
    for name, entry in old.entries.items():
        if name not in new.entries:
            found.append(f"{name} is gone")
        else:
            found += breaks_of(entry, new.entries[name])
    return found


def git(root, *arguments):
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True).stdout


def last_release(root=ROOT):
    """The newest tag before this commit whose library was described, with its description; or None."""
    if not (root / ".git").exists():
        return None
    tags = git(root, "for-each-ref", "refs/tags", "--merged=HEAD", "--sort=-creatordate", "--format=%(refname:short)")
    for tag in tags.split():
        if git(root, "ls-tree", tag, "lib/libctrace.abi"):
            return tag, parse(git(root, "show", f"{tag}:lib/libctrace.abi"))
    return None


def complaints(new, root=ROOT):
    """What is wrong with a library of this description: texts; none when all is fine."""
    present = parse((root / "lib" / "libctrace.abi").read_text())
    release = last_release(root)
    name, old = release or ("lib/libctrace.abi", present)
    found = []
    if old.soversion >= new.soversion:
        found += [f"since {name}: {what}" for what in breaks(old, new)]
        if found:
            found.append("raise CTRACE_SOVERSION in include/ctrace/version.h, or take this back"
                         + ("" if release else "; before the first release ./dev abi is enough"))
    if present.text() != new.text():
        names = [n for n in {**present.entries, **new.entries} if present.entries.get(n) != new.entries.get(n)]
        found.append(f"lib/libctrace.abi is not of this library ({', '.join(sorted(names)) or 'its first lines'}): "
                     "look at what changed, then renew it with ./dev abi")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--renew", action="store_true")
    arguments = parser.parse_args()
    new = describe_library(arguments.library)
    if arguments.renew:
        if DESCRIPTION.exists():
            for what in breaks(parse(DESCRIPTION.read_text()), new):
                print(f"breaks programs: {what}")
        DESCRIPTION.write_text(new.text())
        print(f"{DESCRIPTION.relative_to(ROOT)}: {len(new.entries)} functions and types, soversion {new.soversion}")
    found = complaints(new)
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
