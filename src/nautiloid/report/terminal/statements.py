"""What a VEX document states."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.text import Text

from nautiloid.report.tables import Column, render_table
from nautiloid.report.terminal.lines import plain
from nautiloid.vulns.vex.statement import Product, Statement


def statements_to_lines(statements: Sequence[Statement], *, width: int | None) -> list[Text]:
    """Return each statement with its products below it; for a pipe, one row for each product of each statement."""
    if width is None:
        columns = [Column(title, fixed=True) for title in ("Vulnerability", "Status", "Product", "Parts", "Why")]
        return render_table(columns, list(_rows(statements)), width=None)
    return [line for one in statements for line in _block(one, width)]


def _rows(statements: Sequence[Statement]) -> Iterator[list[str]]:
    for one in statements:
        for product in one.products:
            parts = ", ".join(product.subcomponents) or "all"
            yield [one.vulnerabilities[0], str(one.status), _name(product), parts, _why(one)]


def _block(statement: Statement, width: int) -> list[Text]:
    why = _why(statement)
    head = f"{statement.vulnerabilities[0]} {statement.status}" + (f", {why}" if why else "")
    products = (f"{_name(one)}: {', '.join(one.subcomponents) or 'all of it'}" for one in statement.products)
    return [*plain([head], width), *plain(products, width, indent=2)]


def _name(product: Product) -> str:
    return product.identities[0] if product.identities else "?"


def _why(statement: Statement) -> str:
    return ": ".join(filter(None, (statement.justification, statement.text)))
