"""the job engine's functions and triggers

A claim must not read or sort the whole queue. `job_lines` has a row per owner and kind that says how many jobs the
owner runs and since when the kind waits; statement triggers recompute it from `jobs`, so no code path can forget it.
The owner's advisory lock (7001) is the mutex of all that; every statement after it sees a newer snapshot.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PLANNER = "set enable_sort = off set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan"

TOUCH = f"""
create function job_line_touch(owner uuid, of_kind text, served boolean default false) returns void
language plpgsql {PLANNER} as $$
declare
  active int;
  due timestamptz;
begin
  perform pg_advisory_xact_lock(7001, hashtext(owner::text));
  select count(*) into active from jobs where owner_id = owner and status = 'running';
  select run_at into due from jobs where owner_id = owner and kind = of_kind and status = 'queued' order by run_at limit 1;
  insert into job_lines as line (owner_id, kind, running, turn_at)
  values (owner, of_kind, active, case when due is null then 'infinity' else greatest(due, now()) end)
  on conflict (owner_id, kind) do update set running = active, turn_at = case
    when due is null then 'infinity'
    else greatest(due, case when served then now() else least(line.turn_at, now()) end) end;
  update job_lines set running = active, turn_at = case when served then greatest(turn_at, now()) else turn_at end
  where owner_id = owner and kind <> of_kind and (running <> active or served and turn_at < now());
end $$
"""

LINE_TRIGGER = """
create function job_lines_follow() returns trigger language plpgsql as $$
declare
  changed record;
begin
  if tg_op = 'INSERT' then
    for changed in
      select distinct owner_id, kind, hashtext(owner_id::text) as lock from new_rows order by lock, owner_id
    loop
      perform job_line_touch(changed.owner_id, changed.kind);
    end loop;
  elsif tg_op = 'DELETE' then
    for changed in
      select distinct owner_id, kind, hashtext(owner_id::text) as lock from old_rows
      where status in ('queued', 'running') order by lock, owner_id
    loop
      perform job_line_touch(changed.owner_id, changed.kind);
      delete from job_lines where owner_id = changed.owner_id and running = 0 and turn_at = 'infinity';
    end loop;
  else
    for changed in
      select n.owner_id, n.kind, hashtext(n.owner_id::text) as lock, bool_or(n.status = 'running') as served
      from new_rows n join old_rows o using (id)
      where n.status <> o.status or n.run_at <> o.run_at
      group by 1, 2, 3 order by lock, 1
    loop
      perform job_line_touch(changed.owner_id, changed.kind, changed.served);
    end loop;
  end if;
  return null;
end $$
"""

CLAIM = f"""
create function job_claim(kinds text[], claimer text, wanted int, max_running int, lease interval) returns setof jobs
language plpgsql {PLANNER} as $$
declare
  next_owner uuid;
  claimed jobs;
  taken int := 0;
begin
  for already in 0 .. max_running - 1 loop  -- owners who run little come first
    for next_owner in
      select waiting.owner_id from unnest(kinds) q(kind) cross join lateral (
        select owner_id, turn_at from job_lines
        where kind = q.kind and running = already and turn_at <= now() and turn_at < 'infinity'
        order by turn_at limit wanted - taken + 16) waiting
      group by waiting.owner_id order by min(waiting.turn_at)  -- then whoever waits longest
    loop
      continue when not pg_try_advisory_xact_lock(7001, hashtext(next_owner::text));
      update jobs set status = 'running', stage = 'starting', worker = claimer, epoch = epoch + 1,
        attempts = attempts + 1, started_at = coalesce(started_at, now()), lease_until = now() + lease,
        event_seq = event_seq + 1
      where id = (
          select id from jobs where status = 'queued' and id = (
            select candidate.id from unnest(kinds) q(kind) cross join lateral (
              select id, priority, run_at from jobs
              where owner_id = next_owner and kind = q.kind and status = 'queued' and run_at <= now()
              order by priority, run_at limit 1) candidate
            order by candidate.priority, candidate.run_at limit 1)
          for update skip locked)
        and (select count(*) from jobs where owner_id = next_owner and status = 'running') < max_running
      returning * into claimed;
      if found then
        insert into job_events (job_id, seq, type, data)
        values (claimed.id, claimed.event_seq, 'status', jsonb_build_object('status', 'running', 'attempt', claimed.attempts));
        return next claimed;
        taken := taken + 1;
        if taken = wanted then return; end if;
      else  -- the line was out of date: correct it
        perform job_line_touch(line.owner_id, line.kind, true) from job_lines line where line.owner_id = next_owner;
      end if;
    end loop;
  end loop;
end $$
"""

REBUILD = """
create function job_lines_rebuild() returns void language sql as $$
  lock table jobs in share row exclusive mode;
  delete from job_lines;
  insert into job_lines (owner_id, kind, running, turn_at)
  select waiting.owner_id, waiting.kind, coalesce(active.n, 0), greatest(waiting.due, now())
  from (select owner_id, kind, min(run_at) as due from jobs where status = 'queued' group by 1, 2) waiting
  left join (select owner_id, count(*) as n from jobs where status = 'running' group by 1) active using (owner_id)
$$
"""

TRIGGERS = (
    "create trigger jobs_inserted after insert on jobs referencing new table as new_rows"
    " for each statement execute function job_lines_follow()",
    "create trigger jobs_updated after update on jobs referencing old table as old_rows new table as new_rows"
    " for each statement execute function job_lines_follow()",
    "create trigger jobs_deleted after delete on jobs referencing old table as old_rows"
    " for each statement execute function job_lines_follow()",
)

STORAGE = (
    "alter table jobs set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,"
    " autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05)",
    "alter table job_lines set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,"
    " autovacuum_analyze_scale_factor = 0.1)",
)


def upgrade() -> None:
    for statement in (TOUCH, LINE_TRIGGER, CLAIM, REBUILD, *TRIGGERS, *STORAGE):
        op.execute(statement)


def downgrade() -> None:
    for trigger in ("jobs_inserted", "jobs_updated", "jobs_deleted"):
        op.execute(f"drop trigger {trigger} on jobs")
    op.execute("drop function job_lines_rebuild()")
    op.execute("drop function job_claim(text[], text, int, int, interval)")
    op.execute("drop function job_lines_follow()")
    op.execute("drop function job_line_touch(uuid, text, boolean)")
