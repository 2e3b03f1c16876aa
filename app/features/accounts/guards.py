"""Every route wants a good access token, unless its handler says `opt={"public": True}`."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from app.features.accounts.service import AccountService
from app.shared.exceptions import Unauthenticated


async def require_access_token(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    if handler.opt.get("public"):
        return
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("Send an access token: `Authorization: Bearer ...`, from /api/v1/auth/login.")
    resources = connection.app.state.resources
    async with resources.db.transaction() as session:
        accounts = AccountService(session, resources.settings.secret_key)
        connection.scope["user"] = await accounts.authenticate(token.strip())
