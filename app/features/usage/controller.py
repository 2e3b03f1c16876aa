from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK
from sqlalchemy.ext.asyncio import AsyncSession

from app.features import feature_modules
from app.features.projects.service import ProjectService
from app.features.usage.schemas import CostRange, EstimateRead, GroupBy, SecondsRange, TokenRange, UsageReport
from app.features.usage.service import UsageService
from app.shared.estimates import Estimator
from app.shared.exceptions import Malformed
from app.shared.http import Principal
from app.shared.moments import From, To, moment_of
from app.shared.openapi import errors
from app.shared.resources import Resources


def estimators() -> dict[str, Estimator]:
    """Every feature's estimates, by kind of job."""
    found: dict[str, Estimator] = {}
    for module in feature_modules("estimates"):
        found |= module.ESTIMATES
    return found


class UsageController(Controller):
    path = "/usage"
    tags = ["usage"]

    @get(responses=errors(400, 401))
    async def get_usage(
        self,
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
        from_: From = None,
        to: To = None,
        group_by: FromQuery[GroupBy] = "day",
    ) -> UsageReport:
        """What models have cost you since `from`, or else in this month, by day, project, kind of job or model, and what is left
        of the month's budget."""
        now = datetime.now(UTC)
        start = moment_of("from", from_) or now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        end = moment_of("to", to) or now + timedelta(seconds=1)
        if end <= start:
            raise Malformed("`to` is not after `from`.", extra=[{"field": "to", "message": "is not after from"}])
        return await UsageService(session).report(user.id, start, end, group_by, resources.settings)


class EstimateController(Controller):
    path = "/projects/{project_id:uuid}/estimates"
    tags = ["usage"]

    @post(status_code=HTTP_200_OK, responses=errors(400, 401, 404, 422))
    async def estimate_job(
        self,
        project_id: FromPath[UUID],
        data: JSONBody[dict[str, Any]],
        user: NamedDependency[Principal],
        session: NamedDependency[AsyncSession],
        resources: NamedDependency[Resources],
    ) -> EstimateRead:
        """What a job would take: `kind`, and the body that the job itself would be given."""
        project = await ProjectService(session=session).owned(user.id, project_id)
        known = estimators()
        kind = data.pop("kind", None)
        if not isinstance(kind, str) or kind not in known:
            raise Malformed(
                f"Say which kind of job: {', '.join(sorted(known))}.",
                extra=[{"field": "kind", "message": "is unknown"}],
            )
        engine = resources.with_engine(project.engine, external=project.allow_external_models)
        work = await known[kind](session, engine.llm, project, data)
        provider, _, model = engine.llm.engine.partition(":")

        def cost(place: int) -> Decimal:
            return sum(
                (
                    resources.prices.cost(
                        "openai" if one.purpose == "embed" else provider, engine.llm.embedding_model if one.purpose == "embed" else model,
                        input_tokens=one.input_tokens[place], output_tokens=one.output_tokens[place],
                    )
                    for one in work
                ),
                Decimal(0),
            )  # fmt: skip

        given, written = (
            TokenRange(sum(getattr(one, name)[0] for one in work), sum(getattr(one, name)[1] for one in work))
            for name in ("input_tokens", "output_tokens")
        )
        budget = await UsageService(session).budget(user.id, resources.settings)
        return EstimateRead(
            kind=kind,
            engine=engine.llm.engine,
            input_tokens=given,
            output_tokens=written,
            tokens=TokenRange(given.low + written.low, given.high + written.high),
            cost_usd=CostRange(cost(0), cost(1)),
            seconds=SecondsRange(sum(one.seconds[0] for one in work), sum(one.seconds[1] for one in work)),
            within_budget=budget.left_usd is None or cost(1) <= budget.left_usd,
        )
