"""headers.py INCLUDE SUFFIX COMPILER…: is each public header all that a program needs to include?"""

import subprocess
import sys
import tempfile
from pathlib import Path

include, suffix, *compiler = sys.argv[1:]
headers = sorted(Path(include).glob("ctrace/*.h"))
if len(headers) < 2:
    sys.exit(f"{include}: no headers")
everything = (Path(include) / "ctrace" / "ctrace.h").read_text()
failed = [f"ctrace.h does not include {header.name}" for header in headers
          if header.name != "ctrace.h" and f'#include "{header.name}"' not in everything]
with tempfile.TemporaryDirectory() as folder:
    program = Path(folder) / f"program.{suffix}"
    for header in headers:
        # Twice: it must bear that. A C file must declare something.
        program.write_text(f"#include <ctrace/{header.name}>\n" * 2 + "typedef int something;\n")
        if subprocess.run([*compiler, "-fsyntax-only", "-I", include, str(program)]).returncode:
            failed.append(f"{header.name} does not compile alone")
print(f"{len(headers)} headers, compiled by {' '.join(compiler)}")
sys.exit("\n".join(failed) or 0)
