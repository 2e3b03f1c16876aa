import httpx
import msgspec
import pytest

from app.main import create_app
from tests.conftest import serving


@pytest.mark.parametrize(
    "path", ["/api/v1/projects", "/api/v1/health/live", "/docs", "/api/v1/nothing", "/metrics", "/"]
)
async def test_every_answer_tells_browsers_to_do_nothing_with_it(server, path):
    async with httpx.AsyncClient(base_url=server) as client:
        headers = (await client.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("script-src 'self'" in policy) == (path == "/docs")
    assert "strict-transport-security" not in headers


async def test_tokens_are_kept_by_no_cache_and_private_things_by_no_shared_one(anonymous, creator):
    wrong = await anonymous.post("/auth/login", json={"email": "nobody@example.com", "password": "a wrong one"})
    mine = await creator.get("/projects")

    assert wrong.headers["cache-control"] == "no-store"
    assert mine.headers["cache-control"] == "private, no-cache"


async def test_production_asks_for_https_from_then_on(settings):
    production = msgspec.structs.replace(settings, app_env="production")
    async with serving(create_app(production)) as address, httpx.AsyncClient(base_url=address) as client:
        headers = (await client.get("/api/v1/health/live")).headers

    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_no_origin_may_read_answers_unless_the_settings_name_it(settings):
    named = msgspec.structs.replace(settings, cors_origins="https://app.example.com")
    async with serving(create_app(named)) as address, httpx.AsyncClient(base_url=address) as client:
        ours = await client.get("/api/v1/health/live", headers={"Origin": "https://app.example.com"})
        others = await client.get("/api/v1/health/live", headers={"Origin": "https://evil.example.com"})

    assert ours.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "access-control-allow-origin" not in others.headers
    assert "access-control-allow-credentials" not in ours.headers


async def test_what_a_route_takes_is_named_whole_when_asked_and_when_refused(creator, project):
    asked = await creator.request("OPTIONS", f"/projects/{project}/chat")
    refused = await creator.put(f"/projects/{project}/chat", json={})

    assert (asked.status_code, refused.status_code) == (204, 405)
    assert asked.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, POST"
    assert set(refused.headers["allow"].split(", ")) >= {"DELETE", "GET", "OPTIONS", "POST"}
