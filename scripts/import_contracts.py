"""What import-linter cannot say by itself of how Nautiloid's packages may know each other."""

from __future__ import annotations

from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class DoorsContract(Contract):
    """A package is entered by its doors: modules that other packages may import; everything else is its own affair."""

    package = fields.StringField()
    doors = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Find imports of what is no door, and doors through which nobody comes."""
        del verbose
        doors = {f"{self.package}.{door}" for door in self.doors}
        entered = set()
        trespassing = []
        for importer in graph.modules:
            for imported in graph.find_modules_directly_imported_by(importer):
                if _room(importer) == _room(imported) or imported.count(".") < 2:
                    continue
                entered.add(imported)
                if imported not in doors:
                    trespassing.append(f"{importer} -> {imported}")
        unused = sorted(doors - entered)
        return ContractCheck(kept=not trespassing and not unused, metadata={"broken": trespassing, "unused": unused})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which import is against the rule."""
        _print(check.metadata["broken"], "enters by what is no door:")
        _print(check.metadata["unused"], "is a door that nobody uses:")


class FewImportsContract(Contract):
    """A module that needs many others has more than one reason to exist."""

    package = fields.StringField()
    most = fields.IntegerField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Count what each module imports of the package."""
        del verbose
        counts = {module: len(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
        busy = [f"{module}: {count}" for module, count in sorted(counts.items()) if count > self.most]
        return ContractCheck(kept=not busy, metadata={"busy": busy})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Say which modules import too many others."""
        _print(check.metadata["busy"], f"more than {self.most} imports:")


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _print(found: list[Any], complaint: str) -> None:
    for one in found:
        output.print_error(f"{complaint} {one}")
