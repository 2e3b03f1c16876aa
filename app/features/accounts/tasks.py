from uuid import UUID

from app.db.models import TokenPurpose
from app.features.accounts.pipelines import mail_token
from app.shared.jobs import JobContext, task


@task(timeout_seconds=60, urgent=True)
async def send_mail(context: JobContext, user_id: UUID, purpose: TokenPurpose) -> None:
    """The input names the account and the purpose alone; the token is made here and stands only in the mail."""
    await mail_token(context.resources, user_id, purpose)
