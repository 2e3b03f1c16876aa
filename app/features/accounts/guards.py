"""Every route wants a good access token, unless its handler says `opt={"public": True}`."""

from typing import Any

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.config import Settings
from app.db.models import Role
from app.features.accounts.api_keys import PREFIX, ApiKeyService
from app.shared.addresses import client_address
from app.shared.exceptions import Forbidden, Unauthenticated
from app.shared.http import Principal
from app.shared.logs import bind
from app.shared.tickets import read_ticket


async def require_access_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if handler.opt.get("public"):
        return
    resources = connection.app.state.resources
    ticket = connection.query_params.get("ticket")
    if handler.opt.get("ticketed") and ticket and "authorization" not in connection.headers:
        job_id = str(connection.path_params["job_id"])
        connection.scope["user"] = user = read_ticket(resources.keys, ticket, job_id)
        bind(user_id=str(user.id))
        return  # the stream itself looks whether the sign-in still holds
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer ...`, from /api/v1/auth/login.")
    by_key = token.strip().startswith(PREFIX)
    if by_key:
        async with resources.db.transaction() as session:
            user = await ApiKeyService(session).authenticate(token.strip(), str(connection.scope.get("method")))
    else:
        user = await connection.app.state.admission.admit(token.strip())
    if by_key and (handler.opt.get("personal") or handler.opt.get("operator")):
        raise Forbidden("A key doesn't reach accounts and operations; sign in for that.", code="not_for_keys")
    if handler.opt.get("operator"):
        require_operator(user, resources.settings)
    bind(user_id=str(user.id))
    connection.scope["user"] = msgspec.structs.replace(user, address=client_address(connection))


def require_operator(user: Principal, settings: Settings) -> None:
    if user.role is not Role.OPERATOR:
        raise Forbidden("This is for operators.")
    if settings.require_operator_totp and not user.second_factor:
        raise Forbidden(
            "Operators need a second factor here: begin with POST /api/v1/users/me/totp, then confirm it.",
            code="second_factor_required",
        )
