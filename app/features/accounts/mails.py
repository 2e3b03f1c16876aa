"""The words of the mails. A link holds its token behind the #, so that it stands in no server's log and in no referrer."""

from app.db.models import TokenPurpose

VERIFY = """Hello {name},

to verify this e-mail address for Strand, open this within a day:

{address}/verify-email#token={token}

Or send the token to POST {address}/api/v1/auth/verify:

{token}

If you have no account there, somebody mistyped an address; nothing happens unless you open the link.
"""
RESET = """Hello {name},

somebody, probably you, asked for a new password for your Strand account. To choose one, open this within an hour:

{address}/reset-password#token={token}

Or send the token with the new password to POST {address}/api/v1/auth/password-reset/confirm:

{token}

It works once, and signs you out everywhere. If it was not you, do nothing; your password stays as it is.
"""
LETTERS = {
    TokenPurpose.VERIFY_EMAIL: ("Verify your e-mail address", VERIFY),
    TokenPurpose.RESET_PASSWORD: ("A new password for Strand", RESET),
}


def letter(purpose: TokenPurpose, name: str, address: str, token: str) -> tuple[str, str]:
    """Subject and words."""
    subject, words = LETTERS[purpose]
    return subject, words.format(name=" ".join(name.split()), address=address, token=token)
