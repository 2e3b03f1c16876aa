import httpx
from sqlalchemy import text

from tests.conftest import PASSWORD, sign_up

NEW = "another horse, another battery"


async def signed_in(anonymous: httpx.AsyncClient, email: str, password: str = PASSWORD) -> dict[str, str]:
    pair = await anonymous.post("/auth/login", json={"email": email, "password": password})
    assert pair.status_code == 200, pair.text
    return {"Authorization": f"Bearer {pair.json()['access_token']}"}


async def test_open_sign_ins_are_listed_and_one_that_is_ended_stops_working_at_once(anonymous):
    account = await sign_up(anonymous)
    first = {"Authorization": f"Bearer {account['access_token']}"}
    second = await signed_in(anonymous, account["email"])

    listed = (await anonymous.get("/users/me/sessions", headers=second)).json()
    (current,) = [one for one in listed["items"] if one["current"]]
    (other,) = [one for one in listed["items"] if not one["current"]]
    ended = await anonymous.delete(f"/users/me/sessions/{other['id']}", headers=second)

    assert listed["total"] == 2
    assert (current["address"], current["user_agent"][:12]) == ("127.0.0.1", "python-httpx")
    assert ended.status_code == 204
    assert (await anonymous.get("/users/me", headers=first)).status_code == 401
    assert (await anonymous.get("/users/me", headers=second)).status_code == 200
    assert (await anonymous.delete(f"/users/me/sessions/{other['id']}", headers=second)).status_code == 404


async def test_a_changed_password_ends_all_other_sign_ins_and_the_old_password(anonymous):
    account = await sign_up(anonymous)
    other = {"Authorization": f"Bearer {account['access_token']}"}
    mine = await signed_in(anonymous, account["email"])
    refused = await anonymous.post(
        "/users/me/password", json={"current_password": "not the password", "new_password": NEW}, headers=mine
    )
    changed = await anonymous.post(
        "/users/me/password", json={"current_password": PASSWORD, "new_password": NEW}, headers=mine
    )

    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_password")
    assert changed.status_code == 204
    assert (await anonymous.get("/users/me", headers=mine)).status_code == 200
    assert (await anonymous.get("/users/me", headers=other)).status_code == 401
    refreshed = await anonymous.post("/auth/refresh", json={"refresh_token": account["refresh_token"]})
    assert refreshed.status_code == 401
    old = await anonymous.post("/auth/login", json={"email": account["email"], "password": PASSWORD})
    assert old.status_code == 401
    await signed_in(anonymous, account["email"], NEW)


async def test_guessing_the_password_from_an_open_sign_in_is_limited(anonymous):
    account = await sign_up(anonymous)
    mine = {"Authorization": f"Bearer {account['access_token']}"}
    guess = {"current_password": "a guess at it", "new_password": NEW}

    codes = [(await anonymous.post("/users/me/password", json=guess, headers=mine)).status_code for _ in range(12)]

    assert codes == [403] * 10 + [429] * 2


async def made(client: httpx.AsyncClient, *scopes: str, **more: object) -> dict[str, str]:
    key = await client.post("/users/me/api-keys", json={"name": "Import", "scopes": list(scopes), **more})
    assert key.status_code == 201, key.text
    return {"Authorization": f"Bearer {key.json()['key']}", "id": key.json()["id"]}


async def test_a_key_does_what_its_scopes_say_and_nothing_of_the_account(creator, anonymous, project):
    reads, writes = await made(creator, "read"), await made(creator, "read", "write")

    async def tried(method: str, path: str, by: dict[str, str], **body: object) -> tuple[int, str]:
        answer = await anonymous.request(method, path, headers={"Authorization": by["Authorization"]}, **body)
        return answer.status_code, answer.json().get("code", "") if answer.content else ""

    assert await tried("GET", f"/projects/{project}", reads) == (200, "")
    assert await tried("POST", "/projects", reads, json={"title": "Tides"}) == (403, "missing_scope")
    assert await tried("POST", "/projects", writes, json={"title": "Tides"}) == (201, "")
    me = (await creator.get("/users/me")).json()["id"]
    for path in ("/users/me", f"/users/{me}", "/users/me/sessions", "/users/me/api-keys", "/admin/jobs"):
        assert await tried("GET", path, writes) == (403, "not_for_keys")
    for method, path in (("POST", "/users/me/api-keys"), ("POST", "/users/me/password"), ("DELETE", "/users/me")):
        assert (await tried(method, path, writes, json={}))[0] == 403


async def test_a_key_is_shown_once_and_its_use_is_known(creator, anonymous):
    key = await made(creator, "read")
    before = (await creator.get("/users/me/api-keys")).json()["items"]
    await anonymous.get("/projects", headers={"Authorization": key["Authorization"]})
    after = (await creator.get("/users/me/api-keys")).json()["items"]

    assert [one["id"] for one in before] == [key["id"]]
    assert "key" not in before[0]
    assert key["Authorization"].removeprefix("Bearer ").startswith(before[0]["prefix"])
    assert (before[0]["used_at"], after[0]["used_at"] is not None) == (None, True)


async def test_a_deleted_key_and_one_of_a_closed_account_stop_working(creator, anonymous, stranger, operator):
    key = await made(creator, "read")
    header = {"Authorization": key["Authorization"]}
    assert (await anonymous.get("/projects", headers=header)).status_code == 200
    assert (await stranger.delete(f"/users/me/api-keys/{key['id']}")).status_code == 404
    assert (await creator.delete(f"/users/me/api-keys/{key['id']}")).status_code == 204
    assert (await anonymous.get("/projects", headers=header)).status_code == 401

    other = {"Authorization": (await made(stranger, "read"))["Authorization"]}
    me = (await stranger.get("/users/me")).json()["id"]
    assert (await operator.patch(f"/users/{me}", json={"is_active": False})).status_code == 200
    assert (await anonymous.get("/projects", headers=other)).status_code == 401


async def test_a_key_that_has_expired_stops_working(creator, anonymous, resources):
    key = await made(creator, "read", expires_in_days=1)
    header = {"Authorization": key["Authorization"]}
    assert (await anonymous.get("/projects", headers=header)).status_code == 200
    async with resources.db.transaction() as session:
        await session.execute(text("update api_keys set expires_at = now() where id = :id"), {"id": key["id"]})
    assert (await anonymous.get("/projects", headers=header)).status_code == 401
