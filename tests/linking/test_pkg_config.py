"""Programs that find the installed library by pkg-config."""

import os
import re

import pytest
from conftest import EXAMPLE, ROOT, check_program, needed_libraries, run

LANGUAGES = {"c": ["cc", "-std=c11"], "c++": ["c++", "-x", "c++", "-std=c++20"]}


def pkg_config(installed, *options):
    environment = {**os.environ, "PKG_CONFIG_PATH": str(installed.lib / "pkgconfig")}
    text = run("pkg-config", f"--define-variable=prefix={installed.prefix}", *options, "libctrace", env=environment)
    return text.split()


def build(installed, language, program, *options):
    flags = pkg_config(installed, "--cflags", "--libs", *(["--static"] if "-static" in options else []))
    run(*LANGUAGES[language], "-Wall", "-Werror", EXAMPLE, "-x", "none", "-o", program, *options, *flags)


@pytest.mark.parametrize("language", LANGUAGES)
def test_shared(installed, tmp_path, language):
    build(installed, language, tmp_path / "minimal")
    needed = needed_libraries(tmp_path / "minimal")
    assert [name for name in needed if "ctrace" in name or "zstd" in name] == [f"libctrace.so.{soversion()}"]
    check_program(tmp_path / "minimal", tmp_path / "trace", LD_LIBRARY_PATH=str(installed.lib))


@pytest.mark.parametrize("language", LANGUAGES)
def test_static(installed, tmp_path, language):
    build(installed, language, tmp_path / "minimal", "-static")
    assert needed_libraries(tmp_path / "minimal") == []
    check_program(tmp_path / "minimal", tmp_path / "trace")


def soversion():
    return re.search(r"CTRACE_SOVERSION (\d+)", (ROOT / "include/ctrace/version.h").read_text()).group(1)


def test_what_it_tells(installed):
    version = re.search(r'CTRACE_VERSION_STRING "(.*)"', (ROOT / "include/ctrace/version.h").read_text()).group(1)
    assert pkg_config(installed, "--modversion") == [version]
    assert "-lzstd" not in pkg_config(installed, "--libs")
    assert "-lzstd" in pkg_config(installed, "--libs", "--static")
    assert "libzstd" in pkg_config(installed, "--print-requires-private")


def test_every_header_is_installed(installed):
    names = sorted(path.name for path in (ROOT / "include" / "ctrace").iterdir())
    assert sorted(path.name for path in (installed.include / "ctrace").iterdir()) == names
