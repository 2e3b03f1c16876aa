"""The statements behind the books: one transaction before a call, one after it."""

FENCE = """
select job.id,  -- a process that stands still must not hold the row for long: see PostgreSQL 17's transaction_timeout
  case when current_setting('server_version_num')::int >= 170000 then set_config('transaction_timeout', '10s', true) end,
  (select count(*) from model_calls where job_id = job.id and step = :step and state = 'failed') as failed,
  (select count(*) from model_calls where job_id = job.id and step = :step and state = 'unknown' and error is not null
    and epoch > job.retried_epoch) as unknown,
  exists (select 1 from job_steps where job_id = job.id and name = :step and status = 'done') as stored
from jobs job
where job.id = :job and job.epoch = :epoch and job.status = 'running' and job.cancel_requested_at is null
for update of job
"""

CLOSED_PROJECT = "select 1 from projects where id = :project and (not allow_external_models or engine = 'offline')"

LANES = """
select code, reason, extract(epoch from paused_until - clock_timestamp())::float8 as seconds from provider_lanes
where provider = :provider and model in ('', :model) order by paused_until desc
"""

PAUSE = """
insert into provider_lanes as lane (provider, model, paused_until, code, reason, strikes)
values (:provider, :model, now() + make_interval(secs => :seconds), :code, :reason, 1)
on conflict (provider, model) do update set code = excluded.code, reason = excluded.reason,
  strikes = case when lane.paused_until < now() then lane.strikes + 1 else lane.strikes end,
  paused_until = greatest(lane.paused_until, now() + make_interval(secs => least(cast(:longest as float8),
    :seconds * case when cast(:grows as boolean) and lane.paused_until < now() then power(2, least(lane.strikes, 20))
      else 1 end)))
"""

REOPEN = "delete from provider_lanes where provider = :provider and model in ('', :model) and paused_until <= now()"

BUDGET = "select coalesce(monthly_budget_usd, cast(:default as numeric)) from users where id = :owner"

MONTH = "date_trunc('month', now() at time zone 'utc') at time zone 'utc'"

SPENT = f"""
select coalesce(users.monthly_budget_usd, cast(:default as numeric)) as budget,
  extract(epoch from (date_trunc('month', now() at time zone 'utc') + interval '1 month') at time zone 'utc' - now())::float8
    as seconds_left,
  (select coalesce(sum(case when call.state = 'sent' then call.reserved_usd else call.cost_usd end), 0)
    from model_calls call left join jobs job on job.id = call.job_id
    where call.owner_id = users.id and call.sent_at >= {MONTH} and job.status is distinct from 'failed') as spent
from users where users.id = :owner
"""

RESUME = """
update jobs set run_at = now(), deadline_at = now() + make_interval(secs => :deadline_seconds)
where owner_id = :owner and status = 'queued' and waits_for = 'budget'
returning id
"""
