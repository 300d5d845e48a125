"""headers.py INCLUDE SUFFIX COMPILER…: is each public header all that a program needs to include?"""

import subprocess
import sys
import tempfile
from pathlib import Path

include, suffix, *compiler = sys.argv[1:]
headers = sorted(Path(include).glob("ctrace/*.h"))
if len(headers) < 2:
    sys.exit(f"{include}: no headers")
failed = []
with tempfile.TemporaryDirectory() as folder:
    program = Path(folder) / f"program.{suffix}"
    for header in headers:
        # Twice: it must bear that. A C file must declare something.
        program.write_text(f"#include <ctrace/{header.name}>\n" * 2 + "typedef int something;\n")
        if subprocess.run([*compiler, "-fsyntax-only", "-I", include, str(program)]).returncode:
            failed.append(header.name)
print(f"{len(headers)} headers, compiled by {' '.join(compiler)}")
sys.exit(f"does not compile alone: {', '.join(failed)}" if failed else 0)
