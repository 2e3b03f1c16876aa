"""A ticket opens one job's stream for a moment, for clients that can't send an access token in a header."""

import time
from uuid import UUID

import jwt

from app.db.models import Role
from app.shared.exceptions import Unauthenticated
from app.shared.http import Principal

TICKET_SECONDS = 60
ISSUER, AUDIENCE, ALGORITHM = "strand", "strand-stream", "HS256"
CLAIMS = ["sub", "sid", "job", "role", "exp", "iss", "aud"]


def issue_ticket(key: str, user: Principal, job_id: UUID) -> str:
    claims = {
        "sub": str(user.id), "sid": str(user.session_id or ""), "job": str(job_id), "role": user.role.value,
        "exp": int(time.time()) + TICKET_SECONDS, "iss": ISSUER, "aud": AUDIENCE,
    }  # fmt: skip
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def read_ticket(key: str, ticket: str, job_id: str) -> Principal:
    """Whose ticket it is; `Unauthenticated` where it is not ours, over, or for another job."""
    try:
        claims = jwt.decode(
            ticket, key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": CLAIMS}
        )
        if claims["job"] == str(UUID(job_id)):
            sign_in = UUID(claims["sid"]) if claims["sid"] else None
            return Principal(UUID(claims["sub"]), Role(claims["role"]), sign_in)
    except (jwt.InvalidTokenError, ValueError, TypeError):
        pass
    raise Unauthenticated("The ticket is not valid for this job, or over; get a new one.", code="invalid_ticket")
