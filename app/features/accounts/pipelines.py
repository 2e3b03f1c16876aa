from uuid import UUID

from app.db.models import TokenPurpose
from app.features.accounts.mailed_tokens import MailedTokenService
from app.features.accounts.mails import letter
from app.features.accounts.service import AccountService
from app.shared.clients.mail import send
from app.shared.exceptions import NotFound
from app.shared.resources import Resources


async def mail_token(resources: Resources, user_id: UUID, purpose: TokenPurpose) -> None:
    """Make a token and mail it. Not a step: what a step gives is stored, and this stands nowhere but in the mail. A try
    after one that failed makes another."""
    async with resources.db.transaction() as session:
        try:
            user = await AccountService.of(session, resources.settings).get(user_id)
        except NotFound:
            return
        verified = purpose is TokenPurpose.VERIFY_EMAIL and user.email_verified_at is not None
        if verified or not user.is_active:
            return
        token = await MailedTokenService(session).issue(user.id, purpose)
    subject, words = letter(purpose, user.display_name, resources.settings.address, token)
    await send(resources.settings, user.email, subject, words)
