"""A pytest plugin for `make mutants`: nothing worked out before the mutant was chosen is kept.

mutmut runs each mutant in a copy of a process in which the tests have passed once. What was cached
or computed at import then would hide the mutant.
"""

import os
import sys
from enum import Enum
from functools import _lru_cache_wrapper
from importlib import import_module, reload
from types import ModuleType


def pytest_sessionstart() -> None:
    """The module of the mutant once more, and no cache."""
    mutant = os.environ.get("MUTANT_UNDER_TEST", "")
    if "__mutmut_" not in mutant:
        return
    module = import_module(mutant.rpartition(".")[0])
    if not _defines_an_enum(module):  # its members would no longer be those that others hold
        reload(module)
    for name, loaded in list(sys.modules.items()):
        if name.startswith(("knowledge.", "services.assessment.")):
            for thing in list(vars(loaded).values()):
                if isinstance(thing, _lru_cache_wrapper):
                    thing.cache_clear()


def _defines_an_enum(module: ModuleType) -> bool:
    return any(
        isinstance(thing, type) and issubclass(thing, Enum) and thing.__module__ == module.__name__
        for thing in vars(module).values()
    )
