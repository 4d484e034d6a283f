"""What a VEX document states."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from nautiloid.report.tables import Column, render_table
from nautiloid.vulns.vex.statement import Statement


def statements_to_lines(statements: Sequence[Statement], *, width: int | None) -> list[Text]:
    """Return one row for each product of each statement."""
    columns = [
        Column("Vulnerability", fixed=True), Column("Status", fixed=True), Column("Product", wrap=True),
        Column("Parts", wrap=True), Column("Why", wrap=True),
    ]  # fmt: skip
    rows = [
        [
            statement.vulnerabilities[0],
            str(statement.status),
            product.identities[0] if product.identities else "?",
            ", ".join(product.subcomponents) or "all",
            ": ".join(filter(None, (statement.justification, statement.text))),
        ]
        for statement in statements
        for product in statement.products
    ]
    return render_table(columns, rows, width=width)
