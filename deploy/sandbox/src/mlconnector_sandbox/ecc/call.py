"""One call of a function module: its parameters, its points, its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .ddic import Elementary, FunctionModule, Structure
from .fi.reversal import find_original
from .scripting import scripted_answer
from .session import Session
from .system import System

__all__ = ["Call", "run"]


@dataclass(slots=True)
class Call:
    """One call of a function module, as its implementation sees it."""

    session: Session
    module: FunctionModule
    given: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """Give the system."""
        return self.session.system

    def value(self, name: str) -> Any:
        """Give a parameter in wire form; its default if the caller left it out."""
        return self.given[name] if name in self.given else self.module.by_name[name].initial

    def structure(self, name: str) -> dict[str, Any]:
        """Give a structure parameter by field name."""
        return self._line(name).read(self.value(name))

    def table(self, name: str) -> list[dict[str, Any]]:
        """Give the rows of a table parameter by field name."""
        read = self._line(name).read
        return [read(row) for row in self.value(name)]

    def write(self, name: str, values: dict[str, Any]) -> list[Any]:
        """Turn a row of a structure or table parameter into wire form."""
        return self._line(name).write(values)

    def returned(self, inactive: frozenset[str]) -> dict[str, Any]:
        """Give what goes back: what was answered, and tables and changing parameters as they were sent."""
        names = [p.name for p in self.module.parameters if p.direction.returned and p.name not in inactive]
        return {
            name: value
            for name in names
            for value in [self.answer.get(name, self.given.get(name))]
            if value is not None
        }

    def _line(self, name: str) -> Structure:
        line = self.module.by_name[name].line
        if isinstance(line, Elementary):
            raise TypeError(f"{name} of {self.module.name} is elementary")
        return line


def run(call: Call, implementation: Callable[[Call], None], inactive: frozenset[str]) -> dict[str, Any]:
    """Run a function module between its points, and give what the caller gets back."""
    session, module, given = call.session, call.module, call.given
    table = given.get("QUERY_TABLE", "")
    references = _references(call) or session.references
    effect = session.pass_point("called", table=table, references=references)
    if effect is not None and effect.action == "return":
        return scripted_answer(module, effect)
    implementation(call)
    effect = session.pass_point("executed", table=table, references=references)
    if effect is not None and effect.action == "return":
        return scripted_answer(module, effect)
    return call.returned(inactive)


def _references(call: Call) -> tuple[str, ...]:
    """Give the reference of the document a call is about, so that faults can be scripted for one order."""
    if "DOCUMENTHEADER" in call.given:
        return (str(call.structure("DOCUMENTHEADER").get("REF_DOC_NO", "")),)
    if "REVERSAL" in call.given:
        header = find_original(call.system.books, call.session.user.client, call.structure("REVERSAL"))
        return (str(header["XBLNR"]),) if header else ()
    if "I_BELNR" in call.given:
        company_code, number, year = (str(call.value(name)) for name in ("I_BUKRS", "I_BELNR", "I_GJAHR"))
        header = call.system.books.header((call.session.user.client, company_code, number, year))
        return (str(header["XBLNR"]),) if header else ()
    return ()
