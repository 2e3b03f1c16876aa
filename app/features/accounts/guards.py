"""Every route wants a good access token, unless its handler says `opt={"public": True}`."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.db.models import Role
from app.features.accounts.api_keys import PREFIX, ApiKeyService
from app.features.accounts.service import AccountService
from app.shared.exceptions import Forbidden, Unauthenticated
from app.shared.tickets import read_ticket


async def require_access_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if handler.opt.get("public"):
        return
    resources = connection.app.state.resources
    ticket = connection.query_params.get("ticket")
    if handler.opt.get("ticketed") and ticket and "authorization" not in connection.headers:
        job_id = str(connection.path_params["job_id"])
        connection.scope["user"] = read_ticket(resources.settings.secret_key, ticket, job_id)
        return  # the stream itself looks whether the sign-in still holds
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer ...`, from /api/v1/auth/login.")
    by_key = token.strip().startswith(PREFIX)
    async with resources.db.transaction() as session:
        if by_key:
            user = await ApiKeyService(session).authenticate(token.strip(), str(connection.scope.get("method")))
        else:
            user = await AccountService(session, resources.settings.secret_key).authenticate(token.strip())
    if by_key and (handler.opt.get("personal") or handler.opt.get("operator")):
        raise Forbidden("A key doesn't reach accounts and operations; sign in for that.", code="not_for_keys")
    if handler.opt.get("operator") and user.role is not Role.OPERATOR:
        raise Forbidden("This is for operators.")
    connection.scope["user"] = user
