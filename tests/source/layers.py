"""layers.py LIB: does each layer include only those before it, and does none call what a library must not?"""

import re
import sys
from pathlib import Path

# Each layer and those it may include besides itself. Public headers are open to all.
LAYERS = {
    "base": set(),
    "model": {"base"},
    "io": {"base", "model"},
    "codec": {"base", "model", "io"},
    "writer": {"base", "model", "io", "codec"},
    "reader": {"base", "model", "io", "codec"},
    "validate": {"base", "model", "io", "codec", "reader"},
    "convert": {"base", "model", "io", "codec", "reader", "writer"},
    "diff": {"base", "model", "io", "codec", "reader"},
    "generate": {"base", "model"},
    "filter": {"base", "model", "io", "codec"},
    "recorder": {"base", "model", "io", "codec", "writer", "filter"},
}

# It never ends the process, prints, reads or sets what belongs to the whole process, or follows the locale.
FORBIDDEN = """
    abort exit _exit _Exit quick_exit atexit raise assert longjmp system popen fork signal sigaction alarm
    printf vprintf puts putchar putc fputs fputc fprintf vfprintf dprintf vdprintf perror syslog
    setlocale localeconv strtod strtof strtold atof sscanf scanf toupper tolower isalpha isalnum isspace isprint
    strcoll strxfrm strtok strerror localtime gmtime ctime asctime rand srand random setenv putenv unsetenv
    chdir umask gets strcpy strcat sprintf vsprintf alloca
""".split()
FORBIDDEN_NAMES = ["stdout", "stderr", "stdin", "errno_location", "_Thread_local", "__thread", "thread_local"]
SIGNALS = re.compile(r"(?<![\w.>])kill\s*\((?![^;]*,\s*0\))")  # signal 0 asks whether a process is there
MEMORY = ["malloc", "calloc", "realloc", "reallocarray", "free", "strdup", "strndup", "aligned_alloc", "posix_memalign"]
MEMORY_HOME = "base/memory.c"

COMMENT_OR_TEXT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.MULTILINE)


def without_comments_and_texts(source):
    """The code alone, each line where it was."""
    return COMMENT_OR_TEXT.sub(lambda match: " " + "\n" * match.group().count("\n"), source)


def line_of(source, offset):
    return source.count("\n", 0, offset) + 1


def complaints(lib):
    files = sorted(path for path in lib.rglob("*") if path.suffix in (".c", ".h", ".def"))
    if not files:
        yield f"{lib}: no sources"
    for path in files:
        name = path.relative_to(lib).as_posix()
        layer = name.split("/")[0]
        source = path.read_text()
        if layer not in LAYERS:
            yield f"{name}: '{layer}' is no layer"
            continue
        for match in INCLUDE.finditer(source):
            place = f"{name}:{line_of(source, match.start())}"
            kind, target = match.groups()
            folder = target.split("/")[0]
            if kind == "<":
                if folder == "ctrace" or (lib / target).exists():
                    yield f"{place}: <{target}> is ours: write it in quotes"
            elif folder == "ctrace":
                if not (lib.parent / "include" / target).exists():
                    yield f"{place}: there is no public header {target}"
            elif not (lib / target).exists():
                yield f"{place}: {target} is not the path of a file, seen from lib/"
            elif folder != layer and folder not in LAYERS[layer]:
                yield f"{place}: {layer} must not include {target}"
        code = without_comments_and_texts(source)
        calls = FORBIDDEN + ([] if name == MEMORY_HOME else MEMORY)
        for match in re.finditer(r"(?<![\w.>])(" + "|".join(calls) + r")\s*\(", code):
            yield f"{name}:{line_of(code, match.start())}: {match.group(1)}() is not for the library"
        for match in SIGNALS.finditer(code):
            yield f"{name}:{line_of(code, match.start())}: kill() is not for the library"
        for match in re.finditer(r"\b(" + "|".join(FORBIDDEN_NAMES) + r")\b", code):
            yield f"{name}:{line_of(code, match.start())}: {match.group(1)} is not for the library"


def main():
    found = list(complaints(Path(sys.argv[1])))
    print("\n".join(found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
