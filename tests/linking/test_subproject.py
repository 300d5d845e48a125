"""Programs that build the library along with themselves, as a subproject of Meson."""

import shutil
from pathlib import Path

import pytest
from conftest import EXAMPLE, ROOT, check_program, needed_libraries, run


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("subproject")
    shutil.copy(Path(__file__).parent / "meson" / "meson.build", folder)
    for language in "c", "cpp":
        shutil.copy(EXAMPLE, folder / f"minimal.{language}")
    (folder / "subprojects").mkdir()
    (folder / "subprojects" / "libctrace").symlink_to(ROOT)
    run("meson", "setup", "--wrap-mode=forcefallback", folder / "build", folder)
    run("ninja", "-C", folder / "build")
    return folder / "build"


@pytest.mark.parametrize("program", ["shared_c", "shared_cpp", "static_c", "static_cpp"])
def test_program(programs, tmp_path, program):
    asks = any("libctrace" in name for name in needed_libraries(programs / program))
    assert asks == program.startswith("shared")
    check_program(programs / program, tmp_path / "trace")


def test_only_the_library_is_built(programs):
    assert not list(programs.rglob("ctrace-validate*"))
