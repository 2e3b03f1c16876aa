"""What is served beside the contract: its reference for people, and metrics for Prometheus."""

import asyncio
import secrets
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.params import FromPath

from app.config import Settings
from app.features.operations.exposition import expose
from app.features.operations.service import alive_seconds
from app.shared.exceptions import NotFound
from app.shared.resources import Resources

DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strand API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<main id="reference"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/reference.js"></script>
</body>
</html>
"""
DOCS_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
DOCS_SCRIPT = """SwaggerUIBundle({
  url: "/schema/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], defaultModelsExpandDepth: 0, persistAuthorization: true
});
"""


@get("/docs", opt={"public": True}, include_in_schema=False, media_type=MediaType.HTML)
async def docs_page() -> str:
    return DOCS_PAGE


@get("/docs/reference.js", opt={"public": True}, include_in_schema=False, media_type="text/javascript")
async def docs_script() -> str:
    return DOCS_SCRIPT


@get("/docs/assets/{name:str}", opt={"public": True}, include_in_schema=False)
async def docs_asset(name: FromPath[str]) -> Response[bytes]:
    """Swagger UI's files, from the package that carries them; nothing is loaded from elsewhere."""
    if name not in DOCS_ASSETS:
        raise NotFound("There is nothing at this address.")
    headers = {"Cache-Control": "public, max-age=86400"}
    return Response(await asyncio.to_thread(read_docs_asset, name), media_type=DOCS_ASSETS[name], headers=headers)


@cache
def read_docs_asset(name: str) -> bytes:
    spec = find_spec("flask_swagger_ui")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "dist" / name).read_bytes()


def may_read_metrics(request: Request[Any, Any, Any], settings: Settings) -> bool:
    """By `METRICS_TOKEN`; without one only from this machine, and never in production."""
    if settings.metrics_token:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and secrets.compare_digest(
            token.strip().encode(), settings.metrics_token.encode()
        )
    return not settings.production and request.client is not None and request.client.host in {"127.0.0.1", "::1"}


@get("/metrics", opt={"public": True}, include_in_schema=False)
async def metrics_page(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What operators watch, for Prometheus."""
    resources: Resources = request.app.state.resources
    if not may_read_metrics(request, resources.settings):
        raise NotFound("There is nothing at this address.")
    await resources.metrics.write(resources.db)
    async with resources.db.transaction() as session:
        body = await expose(session, alive_seconds(resources.settings.job_beat_seconds))
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


PAGES = (docs_page, docs_script, docs_asset, metrics_page)
