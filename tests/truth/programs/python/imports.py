# Imports of a module and of a package beside the program, from within functions, twice, of something missing.
import helper_module
from helper_module import shared, Helper as Other
import package
from package import inner as renamed
from package.inner.leaf import leaf


def inside():
    from package import tools
    return tools.tool(2)


def missing():
    try:
        import does_not_exist
        return does_not_exist
    except ImportError as error:
        return error.name


print(helper_module.double(4), shared, Other(2).value)
print(package.NAME, renamed.WHERE, leaf())
print(inside(), inside(), missing())
import importlib
again = importlib.import_module("helper_module")
print(again is helper_module, __name__, __file__.endswith("imports.py"))
