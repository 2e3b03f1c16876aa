"""Whom a project is for, in the creator's own words."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Audience, Project


async def described(session: AsyncSession, project: Project) -> str:
    """What is said of the audience in the project and in the profile that it names; empty where nothing is known."""
    profile = await session.get(Audience, project.audience_id) if project.audience_id else None
    told = [project.audience or ""]
    if profile is not None:
        told += [profile.name, profile.description]
        told += [f"They know: {profile.knows}"] if profile.knows else []
        told += [f"The youngest are {profile.age_from}."] if profile.age_from is not None else []
    return "\n".join(part.strip() for part in told if part.strip())
