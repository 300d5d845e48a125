"""generated.py GENERATOR FILE: does the generator write just this file?"""

import difflib
import subprocess
import sys
from pathlib import Path

generator, file = sys.argv[1:]
fresh = subprocess.run([sys.executable, generator], check=True, capture_output=True, text=True).stdout
present = Path(file).read_text()
if fresh != present:
    differences = difflib.unified_diff(present.splitlines(), fresh.splitlines(), file, generator, lineterm="", n=0)
    print("\n".join(list(differences)[:20]))
    sys.exit(f"{file} is not what {generator} writes")
