"""The statements of the job engine: each transition is one, with the events that tell of it.

One statement, and no transaction around it: a worker that stands still between two statements would hold its locks for
as long, and with them everybody who waits for the same owner or job.
"""

CLAIM = """
select job.id, job.owner_id, job.project_id, job.kind, job.input::text, job.epoch, job.attempt, job.attempts,
  job.max_attempts, job.deadline_at, job.created_at, job.traceparent, project.engine,
  coalesce(project.allow_external_models, true) as external
from job_claim(
  array(select known.kind from unnest($1::text[]) as known(kind)
    where not exists (select 1 from paused_kinds paused where paused.kind in (known.kind, '*'))),
  $2, $3, $4, make_interval(secs => $5)) job
left join lateral (select engine, allow_external_models from projects where id = job.project_id limit 1) project on true
"""

START_STEP = """
with run as (
  update jobs set stage = $3, event_seq = event_seq + 1
  where id = $1 and epoch = $2 and status = 'running' and cancel_requested_at is null
  returning id, event_seq
), started as (
  insert into job_steps as step (job_id, name, ordinal, status, input_hash, epoch, started_at)
  select id, $3, (select count(*) from job_steps where job_id = $1), 'running', $4, $2,
    statement_timestamp() - make_interval(secs => $5::float) from run
  on conflict (job_id, name) do update
    set attempts = step.attempts + 1, epoch = excluded.epoch, started_at = excluded.started_at,
      input_hash = excluded.input_hash
    where step.status <> 'done'
  returning attempts
), lost as (  -- what an earlier run of this step left on the wire
  update model_calls set state = 'unknown', finished_at = clock_timestamp()
  where job_id = (select id from run) and step = $3 and epoch < $2 and state = 'sent'
  returning id
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, 'step', jsonb_build_object('name', $3::text, 'status', 'running') from run
)
select (select count(*) from run) as alive, (select count(*) from started) as started, (select count(*) from lost) as lost
"""

SAVE_STEP = """
with job as (
  select id from jobs where id = $1 for update
), saved as (  -- $8: how long ago the step began, where that was not said before; then both are said now
  insert into job_steps as step (job_id, name, ordinal, status, input_hash, epoch, started_at, output, usage, finished_at)
  select id, $3, (select count(*) from job_steps where job_id = $1), 'done', $7, $2,
    clock_timestamp() - make_interval(secs => coalesce($8::float, 0)), $4::text::json, $5::text::jsonb, clock_timestamp()
  from job
  on conflict (job_id, name) do update
    set status = 'done', output = excluded.output, usage = excluded.usage, finished_at = excluded.finished_at,
      attempts = step.attempts + ($8::float is not null)::int,
      epoch = case when $8::float is null then step.epoch else excluded.epoch end,
      started_at = case when $8::float is null then step.started_at else excluded.started_at end,
      input_hash = case when $8::float is null then step.input_hash else excluded.input_hash end
    where step.status <> 'done'
  returning name
), run as (
  update jobs set attempt = 0, event_seq = event_seq + case when $8::float is null then 2 else 3 end,
    stage = case when $8::float is null then stage else $3 end, progress = greatest(progress, least(1, (
      select count(*) + 1 from job_steps where job_id = $1 and status = 'done') / $6::float))
  where id = $1 and epoch = $2 and status = 'running' and exists (select 1 from saved)
  returning id, event_seq, progress, stage
), lost as (  -- what an earlier run of this step left on the wire
  update model_calls set state = 'unknown', finished_at = clock_timestamp()
  where $8::float is not null and $2 > 1 and job_id = (select id from run) and step = $3 and epoch < $2 and state = 'sent'
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq - 2, 'step', jsonb_build_object('name', $3::text, 'status', 'running') from run where $8::float is not null
  union all
  select id, event_seq - 1, 'step', jsonb_build_object('name', $3::text, 'status', 'done') from run
  union all
  select id, event_seq, 'progress', jsonb_build_object('progress', progress, 'stage', stage) from run
)
select (select count(*) from saved) as saved, (select count(*) from run) as alive
"""

SETTLE = """
with chosen as (  -- a cancel that was asked for wins over another try
  select id, case when $3::text = 'queued' and cancel_requested_at is not null then 'cancelled' else $3::text end as status
  from jobs where id = $1 and epoch = $2 and status = 'running' for update
), run as (
  update jobs set status = chosen.status, stage = case when chosen.status = 'queued' then $4 end,
    result = $5::text::jsonb, error = case when chosen.status = 'failed' then $6::text::jsonb end,
    run_at = coalesce(now() + make_interval(secs => $7::float), run_at), attempt = coalesce($8::int, attempt),
    waits_for = case when chosen.status = 'queued' then $9 end,
    deadline_at = coalesce(now() + make_interval(secs => $7::float + $10::float), deadline_at),
    untold = chosen.status in ('failed', 'cancelled'),
    progress = case when chosen.status = 'succeeded' then 1 else progress end,
    lease_until = null, worker = null, event_seq = event_seq + 1,
    finished_at = case when chosen.status = 'queued' then null else clock_timestamp() end
  from chosen where jobs.id = chosen.id
  returning jobs.id, jobs.event_seq, jobs.status, jobs.stage, jobs.result, jobs.error
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, case when status = 'queued' then 'status' else 'end' end,
    jsonb_strip_nulls(jsonb_build_object('status', status, 'stage', stage, 'result', result, 'error', error)) from run
)
select status from run
"""

ALIVE = "update worker_processes set seen_at = now(), running = $2 where name = $1"

BEAT = """
with held as (  -- a row that somebody holds just now is looked at, not waited for: one must not silence all
  select jobs.id from jobs join unnest($1::uuid[], $2::int[]) as mine(id, epoch)
    on jobs.id = mine.id and jobs.epoch = mine.epoch
  where jobs.status = 'running' for update of jobs skip locked
), beaten as (
  update jobs set lease_until = now() + make_interval(secs => $3) from held where jobs.id = held.id
)
select jobs.id, jobs.cancel_requested_at is not null as cancelled
from jobs join unnest($1::uuid[], $2::int[]) as mine(id, epoch) on jobs.id = mine.id and jobs.epoch = mine.epoch
where jobs.status = 'running'
"""

REAP = """
with turn as materialized (
  select pg_try_advisory_xact_lock(7002, 0) as mine
), expired as (
  select id from jobs
  where (select mine from turn) and status = 'running' and lease_until < now()
    and now() - pg_postmaster_start_time() > make_interval(secs => $2)
  order by owner_id limit 1000 for update skip locked  -- each owner takes a lock, and the table of those is small
), reaped as (
  update jobs set crashes = crashes + 1, worker = null, lease_until = null, event_seq = event_seq + 1, waits_for = null,
    untold = cancel_requested_at is not null or crashes + 1 >= $1,
    status = case when cancel_requested_at is not null then 'cancelled'
      when crashes + 1 >= $1 then 'failed' else 'queued' end,
    stage = case when cancel_requested_at is null and crashes + 1 < $1 then 'waiting for a worker' end,
    error = case when cancel_requested_at is null and crashes + 1 >= $1 then jsonb_build_object('code', 'gave_up',
      'message', 'The workers that ran this job stopped unexpectedly ' || $1 || ' times.', 'retryable', true) end,
    finished_at = case when cancel_requested_at is not null or crashes + 1 >= $1 then clock_timestamp() end
  where id in (select id from expired)
  returning id, event_seq, status, error
), lost as (  -- on the wire, or answered without the answer being stored: each may be paid again
  update model_calls call set state = 'unknown', finished_at = clock_timestamp()
  where call.job_id in (select id from reaped) and (call.state = 'sent' or call.state = 'done' and exists (
    select 1 from job_steps step where step.job_id = call.job_id and step.name = call.step
      and step.epoch = call.epoch and step.status <> 'done'))
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, case when status = 'queued' then 'status' else 'end' end,
    jsonb_strip_nulls(jsonb_build_object('status', status, 'error', error)) from reaped
)
select id from reaped
"""

EXPIRE = """
with turn as materialized (
  select pg_try_advisory_xact_lock(7002, 0) as mine
), late as (
  select id from jobs where (select mine from turn) and status = 'queued' and deadline_at < now() order by owner_id limit 1000 for update skip locked
), expired as (
  update jobs set status = 'failed', stage = null, waits_for = null, event_seq = event_seq + 1, untold = true,
    finished_at = clock_timestamp(),
    error = jsonb_build_object('code', 'deadline', 'message', 'The job was not done by its deadline.', 'retryable', true)
  where id in (select id from late)
  returning id, event_seq, status, error
), told as (
  insert into job_events (job_id, seq, type, data)
  select id, event_seq, 'end', jsonb_build_object('status', status, 'error', error) from expired
)
select id from expired
"""

UNTOLD = """
select id from jobs where untold and kind = any($1::text[]) and finished_at < now() - interval '2 seconds' limit 100
"""

HELD = "select true from jobs where id = :id and epoch = :epoch and status = 'running'"
TELL = "update jobs set untold = false where id = :id and untold returning kind, input, error"

STORED_STEPS = (
    "select job_id, name, input_hash, output::text from job_steps where job_id = any($1::uuid[]) and status = 'done'"
)
