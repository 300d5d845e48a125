"""`pip install .` brings the module and the commands. Once, with the Python of Debian 12: it takes half a minute."""

import subprocess
import sys
import venv

from conftest import ROOT


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


if sys.version_info[:2] == (3, 11):

    def test_pip_install(tmp_path):
        venv.create(tmp_path / "venv", with_pip=True)
        programs = tmp_path / "venv" / "bin"
        options = ["--quiet", "--disable-pip-version-check", f"--config-settings=build-dir={tmp_path / 'build'}"]
        run(programs / "python", "-m", "pip", "install", *options, ROOT, cwd=tmp_path)
        (tmp_path / "prog.py").write_text("def f(x):\n    return x + 1\n\n\nprint(f(1))\n")
        clean = {"PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8"}
        assert run(programs / "codetracer-record", "prog.py", cwd=tmp_path, env=clean) == "2\n"
        assert run(programs / "python", "-m", "ctrace", "-o", "other", "prog.py", cwd=tmp_path, env=clean) == "2\n"
        assert "valid" in run(programs / "ctrace-validate", tmp_path / "trace.json", tmp_path / "other", env=clean)
        assert "f(x=1) -> 2" in run(programs / "ctrace", "tree", tmp_path / "other", env=clean)
        assert run(programs / "python", "-c", "import ctrace; print(ctrace.validate('other').valid)", cwd=tmp_path,
                   env=clean) == "True\n"
