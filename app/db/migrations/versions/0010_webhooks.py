"""webhooks

Addresses of their owners' that are told of events, and what is on its way to them. `webhook_publish` writes a delivery
and its job for each webhook that wants to know, in the transaction of what happened. Jobs end in several statements; all
of them write an `end` event, so a trigger on that sees every ending. It is deferred to the commit: the statement's own
triggers have taken the owners' locks by then, in their order.

Jobs `aside` are counted apart from what else their owner runs (`job_aside`): neither holds up the other.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PLANNER = "set enable_sort = off set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan"

ASIDE = """
create function job_aside(kind text) returns boolean language sql immutable parallel safe as $$
  select $1 = 'webhooks.deliver'
$$
"""


def touch(counted: str, others: str) -> str:
    """*counted*: which running jobs count beside those of a kind; *others*: which of the owner's lines show it."""
    return f"""
create or replace function job_line_touch(owner uuid, of_kind text, served boolean default false) returns void
language plpgsql {PLANNER} as $$
declare
  active int;
  due timestamptz;
begin
  perform pg_advisory_xact_lock(7001, hashtext(owner::text));
  select count(*) into active from jobs where owner_id = owner and status = 'running'{counted};
  select run_at into due from jobs where owner_id = owner and kind = of_kind and status = 'queued' order by run_at limit 1;
  insert into job_lines as line (owner_id, kind, running, turn_at)
  values (owner, of_kind, active, case when due is null then 'infinity' else greatest(due, now()) end)
  on conflict (owner_id, kind) do update set running = active, turn_at = case
    when due is null then 'infinity'
    else greatest(due, case when served then now() else least(line.turn_at, now()) end) end;
  update job_lines set running = active, turn_at = case when served then greatest(turn_at, now()) else turn_at end
  where owner_id = owner and kind <> of_kind{others} and (running <> active or served and turn_at < now());
end $$
"""


def claim(counted: str) -> str:
    """*counted*: which running jobs count against the owner's limit."""
    return f"""
create or replace function job_claim(kinds text[], claimer text, wanted int, max_running int, lease interval) returns setof jobs
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
        and (select count(*) from jobs where owner_id = next_owner and status = 'running'{counted}) < max_running
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


def rebuild(lane: str) -> str:
    """*lane*: what is counted apart, of `jobs` and of `waiting`."""
    return f"""
create or replace function job_lines_rebuild() returns void language sql as $$
  lock table jobs in share row exclusive mode;
  delete from job_lines;
  insert into job_lines (owner_id, kind, running, turn_at)
  select waiting.owner_id, waiting.kind, coalesce(active.n, 0), greatest(waiting.due, now())
  from (select owner_id, kind, min(run_at) as due from jobs where status = 'queued' group by 1, 2) waiting
  left join (select owner_id, {lane.format("kind")} as lane, count(*) as n from jobs where status = 'running' group by 1, 2) active
    on active.owner_id = waiting.owner_id and active.lane = {lane.format("waiting.kind")}
$$
"""


PUBLISH = """
create function webhook_publish(owner uuid, happened text, type text, data jsonb, version text) returns int
language plpgsql as $$
declare
  hook uuid;
  delivery uuid;
  job uuid;
  event text := 'msg_' || left(encode(sha256(convert_to(happened, 'utf8')), 'hex'), 32);  -- md5 is missing where FIPS rules
  body text;
  told int := 0;
begin
  for hook in select id from webhooks where owner_id = owner and active and (events = '[]' or events ? type) loop
    body := coalesce(body, json_build_object('type', type,
      'timestamp', to_char(now() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'data', data)::text);
    delivery := webhook_uuid7();
    insert into webhook_deliveries (id, webhook_id, event_id, event_type, payload, status, created_at, updated_at)
    values (delivery, hook, event, type, body, 'pending', clock_timestamp(), clock_timestamp())
    on conflict (webhook_id, event_id) do nothing;
    continue when not found;  -- what happened was told of in an earlier run
    job := webhook_uuid7();
    insert into jobs (id, owner_id, kind, input, status, stage, max_attempts, event_seq, code_version)
    values (job, owner, 'webhooks.deliver', jsonb_build_object('delivery_id', delivery), 'queued', 'waiting for a worker',
      6, 1, version);
    insert into job_events (job_id, seq, type, data) values (job, 1, 'status', '{"status": "queued"}');
    told := told + 1;
  end loop;
  return told;
end $$
"""

UUID7 = """
create function webhook_uuid7() returns uuid language sql volatile as $$  -- milliseconds, then what version 4 is made of
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$
"""

ENDED = """
create function webhook_job_ended() returns trigger language plpgsql as $$
declare
  job record;
begin
  select owner_id, kind, project_id, created_at, code_version into job from jobs where id = new.job_id;
  if not found or job_aside(job.kind) then
    return null;
  end if;
  perform webhook_publish(job.owner_id, 'job ' || new.job_id || ' ' || new.seq, 'job.' || (new.data ->> 'status'),
    jsonb_build_object('id', new.job_id, 'kind', job.kind, 'status', new.data ->> 'status', 'project_id', job.project_id,
      'result', new.data -> 'result',
      'error', (new.data -> 'error') - 'message',  -- a sentence may quote what somebody wrote
      'created_at', to_char(job.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'finished_at', to_char(new.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')),
    job.code_version);
  return null;
end $$
"""

TRIGGER = """
create constraint trigger job_ended after insert on job_events deferrable initially deferred
for each row when (new.type = 'end') execute function webhook_job_ended()
"""


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("url", sa.Text(), nullable=False, comment="Where to."),
        sa.Column("description", sa.Text(), nullable=True, comment="What it is for, in the creator's words."),
        sa.Column(
            "events",
            postgresql.JSONB(),
            nullable=False,
            comment="The types of events that it is told of; empty: all.",
        ),
        sa.Column(
            "active", sa.Boolean(), server_default="true", nullable=False, comment="Whether it is told of anything."
        ),
        sa.Column(
            "disabled_reason",
            sa.String(length=300),
            nullable=True,
            comment="Why it was switched off, if not by its owner.",
        ),
        sa.Column(
            "failing_since",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="The first failure since the last success.",
        ),
        sa.Column(
            "resting_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="It gave no answer: until then nothing but a test is sent.",
        ),
        sa.Column(
            "sealed_secret", sa.Text(), nullable=False, comment="What signs, sealed under the installation's keys."
        ),
        sa.Column(
            "previous_sealed_secret",
            sa.Text(),
            nullable=True,
            comment="The secret before it, which signs as well until its time is over.",
        ),
        sa.Column(
            "previous_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the secret before it stops signing.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_webhooks_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_index("ix_webhooks_owner_id_created_at", "webhooks", ["owner_id", sa.text("created_at desc")])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False, comment="To whom."),
        sa.Column(
            "event_id",
            sa.String(length=64),
            nullable=False,
            comment="The same at each try: receivers know repeats by it.",
        ),
        sa.Column("event_type", sa.String(length=64), nullable=False, comment="What happened."),
        sa.Column(
            "payload",
            sa.Text(),
            nullable=False,
            comment="The body, to the letter, as it is signed: ids, never texts.",
        ),
        sa.Column(
            "status",
            sa.Enum(
                "pending",
                "delivered",
                "failed",
                name="deliverystatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="Where it stands.",
        ),
        sa.Column(
            "attempts",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Tries since it happened, or since it was last replayed.",
        ),
        sa.Column("response_status", sa.Integer(), nullable=True, comment="What the receiver answered last."),
        sa.Column("error", sa.String(length=300), nullable=True, comment="Why the last try failed."),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True, comment="When it is tried again."),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True, comment="When the receiver took it."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhooks.id"],
            name=op.f("fk_webhook_deliveries_webhook_id_webhooks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_webhook_deliveries_webhook_id")),
    )
    op.create_index(
        "ix_webhook_deliveries_webhook_id_created_at", "webhook_deliveries", ["webhook_id", sa.text("created_at desc")]
    )
    op.create_index("ix_webhook_deliveries_created_at", "webhook_deliveries", ["created_at"])
    counted = " and job_aside(kind) = job_aside({})"
    statements = (
        ASIDE,
        touch(counted.format("of_kind"), counted.format("of_kind")),
        claim(counted.format("kinds[1]")),
        rebuild("job_aside({})"),
        UUID7,
        PUBLISH,
        ENDED,
        TRIGGER,
    )
    for statement in statements:
        op.execute(statement)
    op.alter_column("job_lines", "running", comment=RUNNING, existing_comment=RAN)
    op.alter_column("jobs", "waits_for", comment=WAITS, existing_comment=WAITED)


RAN = "The owner's running jobs of all kinds."
RUNNING = "The owner's running jobs that count with it: all kinds but those aside, or those."
WAITED = "What a queued job that was begun waits for: retry, provider or budget."
WAITS = "What a queued job that was begun waits for: retry, provider, budget or receiver."


def downgrade() -> None:
    op.alter_column("jobs", "waits_for", comment=WAITED, existing_comment=WAITS)
    op.alter_column("job_lines", "running", comment=RAN, existing_comment=RUNNING)
    op.execute("drop trigger job_ended on job_events")
    op.execute("delete from jobs where kind = 'webhooks.deliver'")
    for statement in (touch("", ""), claim(""), rebuild("true")):
        op.execute(statement)
    op.execute("drop function webhook_job_ended()")
    op.execute("drop function webhook_publish(uuid, text, text, jsonb, text)")
    op.execute("drop function webhook_uuid7()")
    op.execute("drop function job_aside(text)")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
