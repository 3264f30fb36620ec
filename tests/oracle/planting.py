"""Plants a bug in the product while it runs: one function gets the code of a changed source, wherever it is used."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FunctionType

__all__ = ["Bug", "planted"]

Bug = tuple[str, str, str]
"""`module:function`, the text in the function's source, and the text in its place."""

PRODUCT = "mlconnector_relay."


@contextmanager
def planted(*bugs: Bug) -> Iterator[None]:
    """Run the product with bugs.

    Raises:
        AssertionError: a function's source does not hold the text exactly once: the plant is out of date.
    """
    sound = [(function, function.__code__) for function in (_function(where) for where, _, _ in bugs)]
    try:
        for where, old, new in bugs:
            function = _function(where)
            function.__code__ = _code(function, old, new)
        yield
    finally:
        for function, code in sound:
            function.__code__ = code


def _function(where: str) -> FunctionType:
    module, _, path = where.partition(":")
    found: object = importlib.import_module(PRODUCT + module)
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    found = found.fget if isinstance(found, property) else found
    assert isinstance(found, FunctionType), where
    return found


def _code(function: FunctionType, old: str, new: str) -> CodeType:
    """Compile a function's source with one text replaced."""
    module = inspect.getmodule(function)
    assert module is not None
    whole, own = inspect.getsource(module), inspect.getsource(function)
    assert own.count(old) == 1, f"{function.__qualname__} holds {own.count(old)} of {old!r}"
    tree = ast.parse(whole.replace(own, own.replace(old, new)))
    codes = list(_codes(compile(tree, function.__code__.co_filename, "exec")))
    return next(code for code in codes if code.co_qualname == function.__qualname__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
