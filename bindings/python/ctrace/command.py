"""The commands that record a program: `python -m ctrace prog.py …` and `codetracer-record prog.py …`.

Little is imported here, and late: what this module loads the program finds loaded.
"""

import os
import sys

HELP = """\
Usage: {name} [options] program.py [arguments]
       {name} [options] -m module [arguments]

Runs a Python program and records what it does: the lines, the calls with their arguments and results, the variables,
exceptions and output. The program runs as it would without: same output, same exit code.
The trace is a folder that CodeTracer opens; `ctrace tree FOLDER` prints its calls, `ct print` its events.

  -o, --out-dir FOLDER  where the trace goes; default: {default}
  --scope FOLDER        record the files below FOLDER; may be given more than once; default: the program's own folder.
                        The standard library and installed packages are left out
  --form FORM           how the trace is stored: json (default), ndjson, bin or ct, or bin-v0, which is written at the end only
  --trace-filter PATH   a file that says what is recorded and what is hidden; may be given more than once, or as A::B.
                        That of the project, .codetracer/trace-filter.toml in or above the program's folder, holds too
  --replace-patterns    the value patterns of a filter's rule replace those of the rules before it
  --show-secrets        record passwords, keys and tokens, which are hidden otherwise, by their names and by how they look
  --flight-recorder MIB keep the newest MIB of what happens in memory, and write that alone: when the program calls
                        ctrace.dump(), at the signal SIGUSR2, and when an error ends the program
  --durable             wait at each flush until the disk has it, against a loss of power
  -m module             run a module, as python -m does
  --version, -V         the version
  --help, -h            this text

Environment: {environment}, CODETRACER_TRACE_FILTER names filters,
CODETRACER_PYTHON_RECORDER_DISABLED=1 runs the program without recording it.
"""

PYTHON_M = {
    "name": "python -m ctrace",
    "default": "./trace-out",
    "environment": "CODETRACER_PYTHON_RECORDER_OUT_DIR is the default of --out-dir",
    "variable": "CODETRACER_PYTHON_RECORDER_OUT_DIR",
    "folder": "trace-out",
}
RECORD = {
    "name": "codetracer-record",
    "default": "the current folder",
    "environment": "CODETRACER_DB_TRACE_PATH is the default of --out-dir",
    "variable": "CODETRACER_DB_TRACE_PATH",
    "folder": ".",
}


class Usage(Exception):
    """The command line is wrong."""

    def __init__(self, text, code=2):
        super().__init__(text)
        self.code = code


class Options:
    def __init__(self):
        self.folder = None
        self.scope = []
        self.form = 0
        self.flight_bytes = 0
        self.durable = False
        self.filters = []
        self.replace_patterns = False
        self.show_secrets = False
        self.module = None
        self.program = None
        self.arguments = []


def form_number(name):
    from . import _ctrace

    number = _ctrace.ctrace_form_find(name)
    if number == _ctrace.CTRACE_FORM_COUNT:
        names = (_ctrace.ctrace_form_name(form) for form in range(number))
        raise Usage(f"there is no form {name}; there are {', '.join(names)}")
    return number


def mebibytes(text):
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1 << 20:
        raise Usage(f"--flight-recorder takes a number of MiB, from 1, not {text}")
    return int(text) << 20


def read_options(words):
    """The options stand before the program; what follows it is the program's own."""
    options, words = Options(), list(words)

    def value(name, given):
        if given:
            return given
        if not words:
            raise Usage(f"{name} needs a value")
        return words.pop(0)

    while words:
        word = words.pop(0)
        name, _, given = word.partition("=") if word.startswith("--") else (word, "", "")
        if name in ("-o", "--out-dir"):
            options.folder = value(name, given)
        elif name == "--scope":
            options.scope.append(value(name, given))
        elif name == "--form":
            options.form = form_number(value(name, given))
        elif name == "--flight-recorder":
            options.flight_bytes = mebibytes(value(name, given))
        elif word == "--durable":
            options.durable = True
        elif name == "--trace-filter":
            options.filters.append(value(name, given))
        elif word == "--replace-patterns":
            options.replace_patterns = True
        elif word == "--show-secrets":
            options.show_secrets = True
        elif name in ("-h", "--help", "-V", "--version"):
            options.program = name
            return options
        elif name == "-m":
            options.module = value(name, given)
            break
        elif word == "--":
            if not words:
                raise Usage("a program is missing")
            options.program = words.pop(0)
            break
        elif word.startswith("-") and word != "-":
            raise Usage(f"unknown option {word}")
        else:
            options.program = word
            break
    if options.program is None and options.module is None:
        raise Usage("a program is missing")
    options.arguments = words
    return options


def say(name, text):
    print(f"{name}: {text}", file=sys.stderr)


def is_set(variable):
    return os.environ.get(variable, "").lower() in ("1", "true", "t", "yes", "y", "on")


# ---- What is run ----

def module_file(name):
    """The file that `python -m name` runs, found without importing anything of the program; None when there is none."""
    from importlib.machinery import PathFinder

    path, spec, whole = None, None, ""
    for part in [*name.split("."), "__main__"]:
        whole = f"{whole}.{part}" if whole else part
        if spec is not None and spec.submodule_search_locations is None:
            break
        spec = PathFinder.find_spec(whole, path)
        if spec is None:
            return None
        path = spec.submodule_search_locations
    return spec.origin if spec.has_location else None


def fresh_main():
    """The module __main__ as the interpreter makes it for a program."""
    import builtins
    from importlib.machinery import BuiltinImporter

    module = type(sys)("__main__")
    module.__loader__ = BuiltinImporter
    if sys.version_info < (3, 14):
        module.__annotations__ = {}
    module.__builtins__ = builtins
    sys.modules["__main__"] = module


def isolated():
    return getattr(sys.flags, "safe_path", False) or sys.flags.isolated


def set_first_path(folder, was_first):
    """sys.path[0] is the program's folder instead of the one that this command was found by."""
    if was_first:
        sys.path[0] = folder
    else:
        sys.path.insert(0, folder)


class Target:
    """A program to run: its main file, how the command line calls it, and how it is started."""

    def __init__(self, file, argv, first_path, run):
        self.file = file
        self.argv = argv
        self.first_path = first_path
        self.run = run


def is_archive(path):
    from zipimport import ZipImportError, zipimporter

    try:
        zipimporter(path)
    except ZipImportError:
        return False
    return True


def find_target(options):
    import runpy

    here = os.getcwd()
    if options.module is not None:
        run = (None, (runpy._run_module_as_main, options.module))
        return Target(module_file(options.module), ["-m", *options.arguments], here, run)
    program = options.program
    if program == "-":
        raise Usage("a program that is read from the standard input cannot be recorded: give its file")
    whole = os.path.join(here, program)
    run_folder = (None, (runpy._run_module_as_main, "__main__", False))
    if os.path.isdir(whole):
        main = os.path.join(whole, "__main__.py")
        if not os.path.exists(main):
            raise Usage(f"can't find '__main__' module in {whole!r}", 1)
        return Target(main, [program, *options.arguments], whole, run_folder)
    if is_archive(whole):
        return Target(None, [program, *options.arguments], whole, run_folder)
    try:
        with open(whole, "rb"):
            pass
    except OSError as error:
        raise Usage(f"can't open file {whole!r}: [Errno {error.errno}] {error.strerror}")
    folder = os.path.dirname(os.path.realpath(program))
    return Target(whole, [program, *options.arguments], folder, (whole, None))


# ---- The recording ----

def own_folders(target, options):
    """The folders that are recorded, and those that are not though they may lie within."""
    import sysconfig

    names = ("stdlib", "platstdlib", "purelib", "platlib")
    outside = {sysconfig.get_path(name) for name in names}
    outside.add(os.path.dirname(os.path.abspath(__file__)))
    scope = options.scope or [os.path.dirname(target.file)]
    return list(scope), sorted(folder for folder in outside if folder)


def finish(name):
    from . import _ctrace
    from .errors import Error

    try:
        _ctrace.session_stop()
    except Error as error:
        say(name, f"the trace is not complete: {error}")


def read_filter(target, options):
    from .filter import Filter, chain

    paths = chain(os.path.dirname(target.file), options.filters)
    if not paths and options.show_secrets:
        return None
    return Filter(paths, secrets=not options.show_secrets, replace=options.replace_patterns).handle


def start(target, options, names, filter):
    import atexit

    from . import _ctrace, __version__

    scope, outside = own_folders(target, options)
    folder = options.folder or os.environ.get(names["variable"]) or names["folder"]
    # Registered before the program can register anything, so it is called after all of that.
    atexit.register(finish, names["name"])
    _ctrace.session_start(folder=folder, main=target.file, program=target.argv[0] if options.module is None
                          else options.module, args=options.arguments, workdir=os.getcwd(), scope=scope,
                          outside=outside, recorder="ctrace-python", recorder_version=__version__,
                          form=options.form, flight_bytes=options.flight_bytes, durable=options.durable, filter=filter,
                          show_secrets=options.show_secrets)


def run(names, words, was_first):
    from . import _ctrace
    from .errors import Error

    try:
        options = read_options(words)
        if options.program in ("-h", "--help"):
            print(HELP.format(**names), end="")
            return 0
        if options.program in ("-V", "--version"):
            from . import __version__

            print(f"{names['name']} {__version__}")
            return 0
        target = find_target(options)
    except Usage as error:
        say(names["name"], error)
        return error.code
    wanted = not is_set("CODETRACER_PYTHON_RECORDER_DISABLED")
    if wanted and target.file is None and options.module is None:
        say(names["name"], f"not recording: {options.program} is an archive, its source is in no file")
    if wanted and target.file is not None:
        try:
            filter = read_filter(target, options)
        except Error as error:
            say(names["name"], error)
            return 2
        try:
            start(target, options, names, filter)
        except (Error, OSError, RuntimeError) as error:
            say(names["name"], error)
            return 1
    sys.argv[:] = target.argv
    if not isolated():
        set_first_path(target.first_path, was_first)
    fresh_main()
    _ctrace.run_program(*target.run)


def main():
    """`python -m ctrace`"""
    sys.exit(run(PYTHON_M, sys.argv[1:], True))


def record():
    """`codetracer-record`"""
    sys.exit(run(RECORD, sys.argv[1:], not isolated()))
