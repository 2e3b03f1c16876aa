"""A ticket opens one job's stream for a moment, for clients that can't send an access token in a header."""

import time
from uuid import UUID

from app.db.models import Role
from app.shared.exceptions import Unauthenticated
from app.shared.http import Principal
from app.shared.keys import Keys
from app.shared.signatures import BadSignature, claims_of, sign

TICKET_SECONDS = 60
AUDIENCE = "strand-stream"
CLAIMS = ["sub", "sid", "job", "role"]


def issue_ticket(keys: Keys, user: Principal, job_id: UUID) -> str:
    claims = {
        "sub": str(user.id), "sid": str(user.session_id or ""), "job": str(job_id), "role": user.role.value,
        "exp": int(time.time()) + TICKET_SECONDS,
    }  # fmt: skip
    return sign(keys, AUDIENCE, claims)


def read_ticket(keys: Keys, ticket: str, job_id: str) -> Principal:
    """Whose ticket it is; `Unauthenticated` where it is not ours, over, or for another job."""
    try:
        claims = claims_of(keys, AUDIENCE, ticket, CLAIMS)
        if claims["job"] == str(UUID(job_id)):
            sign_in = UUID(claims["sid"]) if claims["sid"] else None
            return Principal(UUID(claims["sub"]), Role(claims["role"]), sign_in)
    except (BadSignature, ValueError, TypeError, AttributeError):
        pass
    raise Unauthenticated("The ticket is not valid for this job, or over; get a new one.", code="invalid_ticket")
