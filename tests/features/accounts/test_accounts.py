import pytest

from tests.conftest import PASSWORD, sign_up


async def register(client, **change):
    body = {"email": "x@example.com", "password": PASSWORD, "display_name": "Nell"} | change
    return await client.post("/auth/register", json=body)


async def test_an_email_can_be_registered_once_whatever_its_case(anonymous):
    account = await sign_up(anonymous)

    again = await register(anonymous, email=account["email"].upper())

    assert again.status_code == 409
    assert again.json()["code"] == "email_taken"


async def test_registering_answers_the_user_without_the_password(anonymous):
    answer = await register(anonymous, email="  Trimmed@Example.com ", display_name="  Nell Harrow ")

    assert answer.status_code in {201, 409}
    user = answer.json()
    assert set(user) == {"id", "email", "display_name", "role", "created_at"}
    assert (user["email"], user["display_name"], user["role"]) == ("trimmed@example.com", "Nell Harrow", "creator")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no at sign"}, "email"),
        ({"email": "İ" * 300 + "@a.bc"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"display_name": "   "}, "display_name"),
        ({"role": "operator"}, "role"),
    ],
)
async def test_a_bad_registration_names_its_field(anonymous, change, field):
    answer = await register(anonymous, **change)

    assert answer.status_code == 400
    assert [item["field"] for item in answer.json()["extra"]] == [field]


async def test_an_unknown_email_and_a_wrong_password_get_the_same_answer(anonymous):
    account = await sign_up(anonymous)

    wrong = await anonymous.post("/auth/login", json={"email": account["email"], "password": "not the password"})
    unknown = await anonymous.post("/auth/login", json={"email": "nobody@example.com", "password": PASSWORD})

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_a_spent_refresh_token_ends_the_whole_sign_in(anonymous):
    account = await sign_up(anonymous)
    fresh = await anonymous.post("/auth/refresh", json={"refresh_token": account["refresh_token"]})
    assert fresh.status_code == 200

    stolen = await anonymous.post("/auth/refresh", json={"refresh_token": account["refresh_token"]})
    after = await anonymous.post("/auth/refresh", json={"refresh_token": fresh.json()["refresh_token"]})
    me = await anonymous.get("/users/me", headers={"Authorization": f"Bearer {fresh.json()['access_token']}"})

    assert (stolen.status_code, after.status_code, me.status_code) == (401, 401, 401)


async def test_logging_out_stops_the_access_token_at_once(anonymous):
    account = await sign_up(anonymous)
    token = {"Authorization": f"Bearer {account['access_token']}"}
    assert (await anonymous.get("/users/me", headers=token)).status_code == 200

    out = await anonymous.post("/auth/logout", json={"refresh_token": account["refresh_token"]})

    assert out.status_code == 204
    assert (await anonymous.get("/users/me", headers=token)).status_code == 401
    assert (await anonymous.post("/auth/refresh", json={"refresh_token": account["refresh_token"]})).status_code == 401


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic abc", "Bearer a.b.c"])
async def test_a_bad_token_is_401_with_the_contracts_body(anonymous, token):
    answer = await anonymous.get("/users/me", headers={"Authorization": token})

    assert answer.status_code == 401
    assert set(answer.json()) == {"status_code", "detail", "code", "extra"}
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_the_display_name_can_be_changed_and_a_stale_change_is_refused(creator):
    first = await creator.get("/users/me")

    changed = await creator.patch("/users/me", json={"display_name": "N."}, headers={"If-Match": first.headers["etag"]})
    stale = await creator.patch("/users/me", json={"display_name": "M."}, headers={"If-Match": first.headers["etag"]})

    assert changed.json()["display_name"] == "N."
    assert stale.status_code == 412
    assert (await creator.get("/users/me")).json()["display_name"] == "N."


async def test_erasing_an_account_needs_the_password_and_takes_everything(creator, project):
    refused = await creator.request("DELETE", "/users/me", json={"password": "not the password"})
    assert refused.status_code == 403
    assert (await creator.get(f"/projects/{project}")).status_code == 200

    erased = await creator.request("DELETE", "/users/me", json={"password": PASSWORD})

    assert erased.status_code == 204
    assert (await creator.get("/users/me")).status_code == 401
