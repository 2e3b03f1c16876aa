"""Write the OpenAPI document that the client is generated from: `python clients/typescript/document.py FILE [--small]`.

Small, the refusals that all routes share are said once, and examples are left out: the same types in a tenth of the text.
"""

import json
import sys
from pathlib import Path
from typing import Any

from litestar.serialization import encode_json

from app.config import Settings
from app.main import create_app


def without_repetition(document: dict[str, Any]) -> dict[str, Any]:
    document["components"].pop("examples")
    shared = document["components"]["responses"] = {}
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                answer.pop("links", None)
                for one in [
                    *answer.get("content", {}).values(),
                    *operation.get("requestBody", {}).get("content", {}).values(),
                ]:
                    one.pop("examples", None)
                if status >= "400":
                    kept = shared.setdefault(f"Refused{status}", answer)
                    if kept == answer:
                        operation["responses"][status] = {"$ref": f"#/components/responses/Refused{status}"}
    return document


def main(path: str, *options: str) -> None:
    document = json.loads(encode_json(create_app(Settings()).openapi_schema.to_schema()))
    document["info"]["version"] = "generated"  # a release alone is no change of the client
    written = without_repetition(document) if "--small" in options else document
    Path(path).write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


main(*sys.argv[1:])
