"""Forms of judged models."""

from __future__ import annotations

import json

from nautiloid.report.formats import Formats
from nautiloid.workflows.models import JudgedModels

_SCHEMA = 1


class Json:
    """Plain data."""

    name = "json"

    def write(self, result: JudgedModels) -> str:
        """Return every file with its verdict and all reasons, and a ``schema`` number."""
        data = {
            "schema": _SCHEMA,
            "target": result.target,
            "verdict": result.verdict,
            "files": [
                {
                    "path": file.path,
                    "size": file.size,
                    "form": file.judgement.form,
                    "verdict": file.judgement.verdict,
                    "reasons": [
                        {"verdict": reason.verdict, "detail": reason.detail, "where": reason.where}
                        for reason in file.judgement.reasons
                    ],
                    "imports": list(file.judgement.imports),
                }
                for file in result.files
            ],
        }
        return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


MODEL_FORMATS = Formats[JudgedModels](Json())
