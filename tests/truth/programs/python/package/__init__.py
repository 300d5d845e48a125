"""A package."""
from . import inner

NAME = "package/" + inner.WHERE
