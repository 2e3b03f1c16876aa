"""from a question to something safe"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audiences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="What the creator calls it."),
        sa.Column("description", sa.Text(), nullable=False, comment="Who they are and what they want."),
        sa.Column("knows", sa.Text(), nullable=True, comment="What they know already."),
        sa.Column("age_from", sa.Integer(), nullable=True, comment="Youngest, in years."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_audiences_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audiences")),
    )
    op.create_index(
        "ix_audiences_owner_id_created_at",
        "audiences",
        ["owner_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column(
            "target_type",
            sa.String(length=32),
            nullable=False,
            comment="What it is about, by the name of its resource.",
        ),
        sa.Column("target_id", sa.Uuid(), nullable=False, comment="Which."),
        sa.Column(
            "verdict",
            sa.Enum(
                "up", "down", "correction", name="feedbackverdict", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="Up, down, or how it should have been.",
        ),
        sa.Column("note", sa.Text(), nullable=True, comment="Why."),
        sa.Column("correction", sa.Text(), nullable=True, comment="How it should have been."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_feedback_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
    )
    op.create_index(
        "ix_feedback_owner_id_created_at", "feedback", ["owner_id", sa.literal_column("created_at desc")], unique=False
    )
    op.create_index("ix_feedback_target_id", "feedback", ["target_id"], unique=False)
    op.create_table(
        "materials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column(
            "kind",
            sa.Enum(
                "story", "example", "product", name="materialkind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="What it is.",
        ),
        sa.Column("title", sa.String(length=300), nullable=False, comment="What the creator calls it."),
        sa.Column("text", sa.Text(), nullable=False, comment="Its words."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_materials_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_materials")),
    )
    op.create_index(
        "ix_materials_owner_id_created_at",
        "materials",
        ["owner_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "policy_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="The brand's name."),
        sa.Column("version", sa.Integer(), nullable=False, comment="Rises with each change of its clauses."),
        sa.Column(
            "clauses",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{id, kind, text, words}]: banned words, required claims.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_policy_packs_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_packs")),
    )
    op.create_index("ix_policy_packs_owner_id", "policy_packs", ["owner_id"], unique=False)
    op.create_table(
        "settings_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("name", sa.String(length=200), nullable=False, comment="What the creator calls it."),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Fields of a new project, by name.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_settings_templates_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings_templates")),
    )
    op.create_index(
        "ix_settings_templates_owner_id_created_at",
        "settings_templates",
        ["owner_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "preferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("rule", sa.Text(), nullable=False, comment="In the creator's words, as a model is told."),
        sa.Column(
            "kind",
            sa.Enum(
                "avoid", "replace", "style", name="preferencekind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="What code can check of it: words to avoid, to replace, or none.",
        ),
        sa.Column(
            "avoid",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Words or phrases that must not stand.",
        ),
        sa.Column("use", sa.String(length=300), nullable=True, comment="What stands instead."),
        sa.Column("feedback_id", sa.Uuid(), nullable=True, comment="The correction that it was learnt from."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_preferences_feedback_id_feedback"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_preferences_owner_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preferences")),
    )
    op.create_index(op.f("ix_preferences_feedback_id"), "preferences", ["feedback_id"], unique=False)
    op.create_index(
        "ix_preferences_owner_id_created_at",
        "preferences",
        ["owner_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("job_id", sa.Uuid(), nullable=True, comment="The job that answers it, or that wrote it."),
        sa.Column("role", sa.String(length=16), nullable=False, comment="user or assistant."),
        sa.Column("text", sa.Text(), nullable=False, comment="What was said."),
        sa.Column(
            "citations",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{text_span, source_id, span, quote, ...}].",
        ),
        sa.Column("abstained", sa.Boolean(), nullable=False, comment="The sources don't say."),
        sa.Column(
            "gap",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="{question, looked_for, advice} where they don't.",
        ),
        sa.Column("engine", sa.String(length=100), nullable=True, comment="What answered."),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine and prompts behind it.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_chat_messages_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_chat_messages_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_messages")),
    )
    op.create_index("ix_chat_messages_owner_id", "chat_messages", ["owner_id"], unique=False)
    op.create_index(
        "ix_chat_messages_project_id_created_at", "chat_messages", ["project_id", "created_at"], unique=False
    )
    op.create_table(
        "idea_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("idea", sa.Text(), nullable=False, comment="What the creator thinks of making."),
        sa.Column("engine", sa.String(length=100), nullable=False, comment="What judged it."),
        sa.Column("novelty", sa.Double(), nullable=False, comment="0 (said before) to 1 (new to the archive)."),
        sa.Column("coverage", sa.Double(), nullable=False, comment="0 to 1: how much of it the sources carry."),
        sa.Column("audience_fit", sa.Double(), nullable=True, comment="0 to 1; null where no audience is known."),
        sa.Column(
            "similar",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Earlier passages, with quote, span and similarity.",
        ),
        sa.Column(
            "gaps",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What neither archive nor sources carry.",
        ),
        sa.Column(
            "explanation",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{number, text}]: where each number comes from.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine and prompts behind it.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_idea_checks_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_idea_checks_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idea_checks")),
    )
    op.create_index("ix_idea_checks_owner_id", "idea_checks", ["owner_id"], unique=False)
    op.create_index(
        "ix_idea_checks_project_id_created_at",
        "idea_checks",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "research_briefs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("updates_id", sa.Uuid(), nullable=True, comment="The brief that this one goes on from."),
        sa.Column("question", sa.Text(), nullable=False, comment="What was asked."),
        sa.Column(
            "depth",
            sa.Enum("quick", "standard", "deep", name="depth", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="How much was looked at.",
        ),
        sa.Column("engine", sa.String(length=100), nullable=False, comment="What wrote it."),
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{text, claim_ids}]: sentences of surviving claims.",
        ),
        sa.Column(
            "plan",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{question, found}]: the sub-questions.",
        ),
        sa.Column(
            "source_evaluations",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Each source that was used, weighed.",
        ),
        sa.Column(
            "contradictions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Claims that can't both be true, and on what.",
        ),
        sa.Column(
            "gaps",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What the sources don't answer, and what to look for.",
        ),
        sa.Column(
            "entities",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="People, places, works, and how they belong together.",
        ),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column(
            "metrics",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="{coverage, quote_fidelity, sources_used}.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine, prompts and versions behind it.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_research_briefs_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_research_briefs_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["updates_id"],
            ["research_briefs.id"],
            name=op.f("fk_research_briefs_updates_id_research_briefs"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_briefs")),
    )
    op.create_index("ix_research_briefs_owner_id", "research_briefs", ["owner_id"], unique=False)
    op.create_index(
        "ix_research_briefs_project_id_created_at",
        "research_briefs",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index(op.f("ix_research_briefs_updates_id"), "research_briefs", ["updates_id"], unique=False)
    op.create_table(
        "research_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brief_id", sa.Uuid(), nullable=False, comment="Its research brief."),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Its place in the brief, from 0."),
        sa.Column("text", sa.Text(), nullable=False, comment="What is claimed."),
        sa.Column(
            "status",
            sa.Enum(
                "supported",
                "contradicted",
                "single_source",
                "not_found",
                name="claimstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="What the evidence says to it.",
        ),
        sa.Column(
            "sub_question", sa.Integer(), nullable=True, comment="Which question of the plan it answers, from 0."
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["brief_id"],
            ["research_briefs.id"],
            name=op.f("fk_research_claims_brief_id_research_briefs"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_claims")),
        sa.UniqueConstraint("brief_id", "ordinal", name=op.f("uq_research_claims_brief_id")),
    )
    op.create_table(
        "structures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("job_id", sa.Uuid(), nullable=False, comment="The job that made it and the options beside it."),
        sa.Column("research_id", sa.Uuid(), nullable=True, comment="The brief behind it."),
        sa.Column("dna_profile_id", sa.Uuid(), nullable=True, comment="The voice it was made for."),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Its place among the options, from 0."),
        sa.Column("framework", sa.String(length=64), nullable=False, comment="The teaching framework's id."),
        sa.Column("title", sa.String(length=300), nullable=False, comment="A working title for the video."),
        sa.Column("engine", sa.String(length=100), nullable=False, comment="What wrote it."),
        sa.Column(
            "rationale",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{text, evidence}]: why it fits voice and material.",
        ),
        sa.Column(
            "hooks", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="[{id, type, text, claim_ids}]."
        ),
        sa.Column(
            "sections",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{type, title, purpose, target_seconds, claim_ids}], in order.",
        ),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=True, comment="When the creator chose it."),
        sa.Column("hook_id", sa.Uuid(), nullable=True, comment="The hook that the creator chose."),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine, prompts and versions behind it.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dna_profile_id"],
            ["dna_profiles.id"],
            name=op.f("fk_structures_dna_profile_id_dna_profiles"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_structures_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_structures_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["research_id"],
            ["research_briefs.id"],
            name=op.f("fk_structures_research_id_research_briefs"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_structures")),
    )
    op.create_index(op.f("ix_structures_dna_profile_id"), "structures", ["dna_profile_id"], unique=False)
    op.create_index(op.f("ix_structures_job_id"), "structures", ["job_id"], unique=False)
    op.create_index("ix_structures_owner_id", "structures", ["owner_id"], unique=False)
    op.create_index(
        "ix_structures_project_id_created_at",
        "structures",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index(op.f("ix_structures_research_id"), "structures", ["research_id"], unique=False)
    op.create_table(
        "research_citations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False, comment="Its claim."),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Its place among the claim's citations, from 0."),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="The source, which may be deleted since."),
        sa.Column(
            "source_version", sa.Integer(), nullable=False, comment="The version of its text that the span points into."
        ),
        sa.Column("chunk_id", sa.Uuid(), nullable=True, comment="The retrievable text that it was found in."),
        sa.Column("quote", sa.Text(), nullable=True, comment="Verbatim; null once the source was deleted."),
        sa.Column(
            "span_start", sa.Integer(), nullable=False, comment="Code points from the start of the version's text."
        ),
        sa.Column("span_end", sa.Integer(), nullable=False, comment="Exclusive."),
        sa.Column("page", sa.Integer(), nullable=True, comment="Page of a paged document, from 1."),
        sa.Column("start_seconds", sa.Double(), nullable=True, comment="When it is said in timed media."),
        sa.Column(
            "stance",
            sa.Enum("supports", "contradicts", name="stance", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="Whether it carries the claim or speaks against it.",
        ),
        sa.Column("stale", sa.Boolean(), nullable=False, comment="It doesn't stand in the source's newest text."),
        sa.Column("source_deleted", sa.Boolean(), nullable=False, comment="The source was deleted."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["claim_id"],
            ["research_claims.id"],
            name=op.f("fk_research_citations_claim_id_research_claims"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_research_citations")),
        sa.UniqueConstraint("claim_id", "ordinal", name=op.f("uq_research_citations_claim_id")),
    )
    op.create_index("ix_research_citations_source_id", "research_citations", ["source_id"], unique=False)
    op.create_table(
        "scripts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("structure_id", sa.Uuid(), nullable=True, comment="The outline it was written from."),
        sa.Column("research_id", sa.Uuid(), nullable=True, comment="The brief it cites."),
        sa.Column("dna_profile_id", sa.Uuid(), nullable=True, comment="The voice it is written in."),
        sa.Column("title", sa.String(length=300), nullable=False, comment="What the creator calls it."),
        sa.Column("target_minutes", sa.Double(), nullable=False, comment="How long it is to be, in minutes."),
        sa.Column("instructions", sa.Text(), nullable=True, comment="What the creator asked for besides."),
        sa.Column("head", sa.Integer(), nullable=False, comment="The number of its head version; 0: not written yet."),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["dna_profile_id"],
            ["dna_profiles.id"],
            name=op.f("fk_scripts_dna_profile_id_dna_profiles"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_scripts_owner_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_scripts_project_id_projects"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["research_id"],
            ["research_briefs.id"],
            name=op.f("fk_scripts_research_id_research_briefs"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["structure_id"], ["structures.id"], name=op.f("fk_scripts_structure_id_structures"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scripts")),
    )
    op.create_index(op.f("ix_scripts_dna_profile_id"), "scripts", ["dna_profile_id"], unique=False)
    op.create_index("ix_scripts_owner_id", "scripts", ["owner_id"], unique=False)
    op.create_index(
        "ix_scripts_project_id_created_at",
        "scripts",
        ["project_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_index(op.f("ix_scripts_research_id"), "scripts", ["research_id"], unique=False)
    op.create_index(op.f("ix_scripts_structure_id"), "scripts", ["structure_id"], unique=False)
    op.create_table(
        "repurposings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("script_id", sa.Uuid(), nullable=False, comment="Its script."),
        sa.Column("version", sa.Integer(), nullable=False, comment="The script's version that it was made from."),
        sa.Column(
            "format",
            sa.Enum(
                "shorts",
                "blog",
                "newsletter",
                "thread",
                name="repurposingformat",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="What it was made into.",
        ),
        sa.Column("title", sa.String(length=300), nullable=False, comment="Its headline."),
        sa.Column(
            "parts",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{type, title, text, citations, unsupported}], in order.",
        ),
        sa.Column("engine", sa.String(length=100), nullable=False, comment="What wrote it."),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine and prompts behind it.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_repurposings_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["script_id"], ["scripts.id"], name=op.f("fk_repurposings_script_id_scripts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repurposings")),
    )
    op.create_index("ix_repurposings_owner_id", "repurposings", ["owner_id"], unique=False)
    op.create_index(
        "ix_repurposings_script_id_created_at",
        "repurposings",
        ["script_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "safety_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("script_id", sa.Uuid(), nullable=False, comment="Its script."),
        sa.Column("version", sa.Integer(), nullable=False, comment="The script's version that was checked."),
        sa.Column(
            "verdict",
            sa.Enum(
                "clear", "limited", "blocked", name="verdict", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
            comment="What it comes to.",
        ),
        sa.Column("engine", sa.String(length=100), nullable=False, comment="What read it beside the rules."),
        sa.Column(
            "packs",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{id, version}]: the policy packs that it was held against.",
        ),
        sa.Column(
            "ratings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{category, level, assessed}], every category.",
        ),
        sa.Column(
            "claims",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Each check-worthy sentence: supported or not, by what.",
        ),
        sa.Column(
            "detectors_run", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="[{detector, version}]."
        ),
        sa.Column(
            "detectors_skipped",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="[{detector, reason}]: silence is not 'clean'.",
        ),
        sa.Column(
            "rejected",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What failed the evidence check, and why.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine, prompts and versions behind it.",
        ),
        sa.Column(
            "revision",
            sa.Integer(),
            server_default="1",
            nullable=False,
            comment="Counts the row's changes; the resource's ETag.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name=op.f("fk_safety_checks_owner_id_users"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["script_id"], ["scripts.id"], name=op.f("fk_safety_checks_script_id_scripts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_checks")),
    )
    op.create_index("ix_safety_checks_owner_id", "safety_checks", ["owner_id"], unique=False)
    op.create_index(
        "ix_safety_checks_script_id_created_at",
        "safety_checks",
        ["script_id", sa.literal_column("created_at desc")],
        unique=False,
    )
    op.create_table(
        "script_sources",
        sa.Column("script_id", sa.Uuid(), nullable=False, comment="The script."),
        sa.Column("source_id", sa.Uuid(), nullable=False, comment="The source."),
        sa.ForeignKeyConstraint(
            ["script_id"], ["scripts.id"], name=op.f("fk_script_sources_script_id_scripts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("script_id", "source_id", name=op.f("pk_script_sources")),
    )
    op.create_index(op.f("ix_script_sources_source_id"), "script_sources", ["source_id"], unique=False)
    op.create_table(
        "script_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("script_id", sa.Uuid(), nullable=False, comment="Its script."),
        sa.Column("number", sa.Integer(), nullable=False, comment="Rises by one with each version of the script."),
        sa.Column("parent", sa.Integer(), nullable=True, comment="The version that it was made from."),
        sa.Column(
            "origin",
            sa.Enum(
                "generated",
                "edited",
                "revised",
                "restored",
                name="versionorigin",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="How it came to be.",
        ),
        sa.Column("instruction", sa.Text(), nullable=True, comment="What a revision was asked for."),
        sa.Column("job_id", sa.Uuid(), nullable=True, comment="The job that wrote it."),
        sa.Column("engine", sa.String(length=100), nullable=True, comment="What wrote it; null: the creator."),
        sa.Column(
            "word_count", sa.Integer(), nullable=False, comment="Spoken words, with those that placeholders reserve."
        ),
        sa.Column(
            "words_per_minute", sa.Double(), nullable=False, comment="The pace that its times are reckoned with."
        ),
        sa.Column(
            "pace_measured",
            sa.Boolean(),
            nullable=False,
            comment="Whether that is the creator's own pace; else a usual one.",
        ),
        sa.Column("voice_match", sa.Double(), nullable=True, comment="0 to 100; null where it can't be told."),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False, comment="As api.md gives them."),
        sa.Column(
            "lost",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Citations that an edit left without their words.",
        ),
        sa.Column(
            "notes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What the coherence pass and the preferences say.",
        ),
        sa.Column(
            "usage",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="{input_tokens, output_tokens, cost_usd}.",
        ),
        sa.Column(
            "manifest",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="Inputs, engine, prompts and versions behind it.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["script_id"], ["scripts.id"], name=op.f("fk_script_versions_script_id_scripts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_script_versions")),
        sa.UniqueConstraint("script_id", "number", name=op.f("uq_script_versions_script_id")),
    )
    op.create_index(op.f("ix_script_versions_job_id"), "script_versions", ["job_id"], unique=False)
    op.create_table(
        "safety_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False, comment="Its check."),
        sa.Column("ordinal", sa.Integer(), nullable=False, comment="Its place in the report, from 0."),
        sa.Column("category", sa.String(length=64), nullable=False, comment="The policy category."),
        sa.Column(
            "level",
            sa.Enum("full", "limited", "none", name="adlevel", native_enum=False, create_constraint=True, length=32),
            nullable=False,
            comment="What it leaves of advertising in its category.",
        ),
        sa.Column(
            "severity",
            sa.Enum(
                "info",
                "low",
                "medium",
                "high",
                "critical",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="How much it matters.",
        ),
        sa.Column("confidence", sa.Double(), nullable=False, comment="0 to 1."),
        sa.Column(
            "field",
            sa.Enum(
                "narration",
                "on_screen_text",
                "visuals",
                "title",
                name="findingfield",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
            comment="Where it stands; null: something is absent.",
        ),
        sa.Column("section_id", sa.String(length=64), nullable=True, comment="In which section; null for the title."),
        sa.Column("span_start", sa.Integer(), nullable=True, comment="Code points from the start of the field."),
        sa.Column("span_end", sa.Integer(), nullable=True, comment="Exclusive."),
        sa.Column("quote", sa.Text(), nullable=True, comment="The field's text at the span."),
        sa.Column("rationale", sa.Text(), nullable=False, comment="Why it is a finding, context included."),
        sa.Column(
            "policy",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="{pack, version, clause_id, text}.",
        ),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What it rests on: quotes of sources, matches.",
        ),
        sa.Column("suggestion", sa.Text(), nullable=True, comment="Other words, which were checked again."),
        sa.Column("detector", sa.String(length=64), nullable=False, comment="What found it, with its version."),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "accepted",
                "dismissed",
                name="findingstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
            comment="What the creator made of it.",
        ),
        sa.Column("note", sa.Text(), nullable=True, comment="Why, in the creator's words."),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True, comment="When."),
        sa.Column(
            "carried_from",
            sa.Uuid(),
            nullable=True,
            comment="The finding of an earlier check whose answer holds still.",
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["check_id"],
            ["safety_checks.id"],
            name=op.f("fk_safety_findings_check_id_safety_checks"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_findings")),
        sa.UniqueConstraint("check_id", "ordinal", name=op.f("uq_safety_findings_check_id")),
    )
    op.add_column(
        "projects", sa.Column("audience_id", sa.Uuid(), nullable=True, comment="The audience profile it is for.")
    )
    op.create_index(op.f("ix_projects_audience_id"), "projects", ["audience_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_projects_audience_id_audiences"), "projects", "audiences", ["audience_id"], ["id"], ondelete="SET NULL"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("fk_projects_audience_id_audiences"), "projects", type_="foreignkey")
    op.drop_index(op.f("ix_projects_audience_id"), table_name="projects")
    op.drop_column("projects", "audience_id")
    op.drop_table("safety_findings")
    op.drop_index(op.f("ix_script_versions_job_id"), table_name="script_versions")
    op.drop_table("script_versions")
    op.drop_index(op.f("ix_script_sources_source_id"), table_name="script_sources")
    op.drop_table("script_sources")
    op.drop_index("ix_safety_checks_script_id_created_at", table_name="safety_checks")
    op.drop_index("ix_safety_checks_owner_id", table_name="safety_checks")
    op.drop_table("safety_checks")
    op.drop_index("ix_repurposings_script_id_created_at", table_name="repurposings")
    op.drop_index("ix_repurposings_owner_id", table_name="repurposings")
    op.drop_table("repurposings")
    op.drop_index(op.f("ix_scripts_structure_id"), table_name="scripts")
    op.drop_index(op.f("ix_scripts_research_id"), table_name="scripts")
    op.drop_index("ix_scripts_project_id_created_at", table_name="scripts")
    op.drop_index("ix_scripts_owner_id", table_name="scripts")
    op.drop_index(op.f("ix_scripts_dna_profile_id"), table_name="scripts")
    op.drop_table("scripts")
    op.drop_index("ix_research_citations_source_id", table_name="research_citations")
    op.drop_table("research_citations")
    op.drop_index(op.f("ix_structures_research_id"), table_name="structures")
    op.drop_index("ix_structures_project_id_created_at", table_name="structures")
    op.drop_index("ix_structures_owner_id", table_name="structures")
    op.drop_index(op.f("ix_structures_job_id"), table_name="structures")
    op.drop_index(op.f("ix_structures_dna_profile_id"), table_name="structures")
    op.drop_table("structures")
    op.drop_table("research_claims")
    op.drop_index(op.f("ix_research_briefs_updates_id"), table_name="research_briefs")
    op.drop_index("ix_research_briefs_project_id_created_at", table_name="research_briefs")
    op.drop_index("ix_research_briefs_owner_id", table_name="research_briefs")
    op.drop_table("research_briefs")
    op.drop_index("ix_idea_checks_project_id_created_at", table_name="idea_checks")
    op.drop_index("ix_idea_checks_owner_id", table_name="idea_checks")
    op.drop_table("idea_checks")
    op.drop_index("ix_chat_messages_project_id_created_at", table_name="chat_messages")
    op.drop_index("ix_chat_messages_owner_id", table_name="chat_messages")
    op.drop_table("chat_messages")
    op.drop_index("ix_preferences_owner_id_created_at", table_name="preferences")
    op.drop_index(op.f("ix_preferences_feedback_id"), table_name="preferences")
    op.drop_table("preferences")
    op.drop_index("ix_settings_templates_owner_id_created_at", table_name="settings_templates")
    op.drop_table("settings_templates")
    op.drop_index("ix_policy_packs_owner_id", table_name="policy_packs")
    op.drop_table("policy_packs")
    op.drop_index("ix_materials_owner_id_created_at", table_name="materials")
    op.drop_table("materials")
    op.drop_index("ix_feedback_target_id", table_name="feedback")
    op.drop_index("ix_feedback_owner_id_created_at", table_name="feedback")
    op.drop_table("feedback")
    op.drop_index("ix_audiences_owner_id_created_at", table_name="audiences")
    op.drop_table("audiences")
