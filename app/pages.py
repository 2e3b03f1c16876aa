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
from app.features.operations.exposition import CONTENT_TYPE, Here, page
from app.shared.exceptions import NotFound
from app.shared.resources import Resources

DOCS_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Strand API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="stylesheet" href="/docs/reference.css">
</head>
<body>
<div id="reference"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/reference.js"></script>
</body>
</html>
"""
DOCS_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
DOCS_SCRIPT = """const plainPaths = () => ({
  wrapComponents: { DeepLink: (Original, system) => ({ text }) => system.React.createElement("span", null, text) }
});
SwaggerUIBundle({
  url: "/schema/openapi.json", dom_id: "#reference", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis], plugins: [plainPaths], defaultModelsExpandDepth: 0, persistAuthorization: true,
  syntaxHighlight: false, docExpansion: "none"
});
const nameless = "select:not([aria-label]), textarea:not([aria-label])";
const nameControls = () => document.querySelectorAll(nameless).forEach((one) =>
  one.setAttribute("aria-label", one.closest("[data-param-name]")?.dataset.paramName ?? (one.id || "Body")));
const scrolling = ".swagger-ui pre:not([tabindex])";
const tidy = () => {
  nameControls();
  document.querySelectorAll(scrolling).forEach((one) => one.setAttribute("tabindex", "0"));
};
new MutationObserver(tidy).observe(document.getElementById("reference"), { childList: true, subtree: true });
"""
"""What Swagger UI lacks for a keyboard and a screen reader: a path is a link inside a button, lists have no names, and long
examples can't be scrolled."""

DOCS_STYLE = """.swagger-ui .info .title small { background: #4b5563; }
.swagger-ui .info .title small.version-stamp { background: #3f6212; }
.swagger-ui .info .title small pre.version { color: #fff; }
.swagger-ui .info .link .url, .swagger-ui .info a, .swagger-ui a.link { color: #1d4ed8; }
.swagger-ui .btn.authorize, .swagger-ui .btn.authorize span { color: #17694a; border-color: #17694a; }
.swagger-ui .parameter__in, .swagger-ui .parameter__extension, .swagger-ui .prop-format { color: #4b5563; }
.swagger-ui .opblock .opblock-summary-method { text-shadow: none; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1e5a96; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #17694a; }
.swagger-ui .opblock.opblock-put .opblock-summary-method, .swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #8a4b08; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #b3261e; }
"""
"""Swagger UI's own colours have too little contrast."""


@get("/docs", opt={"public": True}, include_in_schema=False, media_type=MediaType.HTML)
async def docs_page() -> str:
    return DOCS_PAGE


@get("/docs/reference.js", opt={"public": True}, include_in_schema=False, media_type="text/javascript")
async def docs_script() -> str:
    return DOCS_SCRIPT


@get("/docs/reference.css", opt={"public": True}, include_in_schema=False, media_type="text/css")
async def docs_style() -> str:
    return DOCS_STYLE


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
    state = request.app.state
    return Response(await page(resources, Here(state.door.inside, state.hub.listeners())), media_type=CONTENT_TYPE)


PAGES = (docs_page, docs_script, docs_style, docs_asset, metrics_page)
