"""sources that come in many ways

Uploads straight to the storage, pages, media, speakers, vectors of a next model, and more of a voice.
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False, comment="The creator."),
        sa.Column("project_id", sa.Uuid(), nullable=False, comment="Its project."),
        sa.Column("filename", sa.String(length=255), nullable=False, comment="The name that it is sent under."),
        sa.Column("media_type", sa.String(length=127), nullable=False, comment="As announced; the content decides."),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="As announced, and as it must come."),
        sa.Column("storage_key", sa.String(length=200), nullable=False, comment="Where it goes in the storage."),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False, comment="Until when its address takes it."),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="When a source was made of it."),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_uploads_owner_id_users"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_uploads_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(
        "ix_uploads_expires_at", "uploads", ["expires_at"], unique=False, postgresql_where=sa.text("used_at is null")
    )
    op.create_index("ix_uploads_owner_id", "uploads", ["owner_id"], unique=False)
    op.create_index("ix_uploads_project_id", "uploads", ["project_id"], unique=False)
    op.add_column(
        "content_sources",
        sa.Column(
            "media",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="{streams, has_audio, poster, waveform} of audio and video.",
        ),
    )
    op.add_column(
        "content_sources",
        sa.Column(
            "speakers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="What the creator said of them: {label: {name, is_me}}.",
        ),
    )
    op.add_column(
        "content_sources",
        sa.Column(
            "subtitles_name", sa.String(length=255), nullable=True, comment="Of the subtitles that were sent for it."
        ),
    )
    op.add_column(
        "content_sources",
        sa.Column(
            "fetched",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="{etag, last_modified} of the page when it was fetched.",
        ),
    )
    op.alter_column(
        "content_sources",
        "size_bytes",
        existing_type=sa.INTEGER(),
        type_=sa.BigInteger(),
        existing_comment="Size of what was sent.",
        existing_nullable=False,
    )
    op.alter_column(
        "content_sources",
        "sha256",
        existing_type=sa.VARCHAR(length=64),
        nullable=True,
        comment="Checksum of what was sent; known once it was read.",
        existing_comment="Checksum of what was sent.",
    )
    op.add_column(
        "dna_profiles",
        sa.Column(
            "structure",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="{hooks, beats, calls_to_action, pace_curve} over the sources.",
        ),
    )
    op.add_column(
        "dna_profiles",
        sa.Column(
            "proof",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="{}",
            nullable=False,
            comment="The proof card: how far the fingerprint tells the voice apart.",
        ),
    )
    op.add_column(
        "retrievable_text",
        sa.Column(
            "next_embedding",
            VECTOR(1536),
            nullable=True,
            comment="By another model, until all of the project's chunks have one.",
        ),
    )
    op.add_column(
        "retrievable_text",
        sa.Column("next_embedding_model", sa.String(length=100), nullable=True, comment="Which model that is."),
    )
    op.add_column(
        "source_versions",
        sa.Column(
            "pages",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default="[]",
            nullable=False,
            comment="[{number, start}].",
        ),
    )
    op.create_index(
        "ix_retrievable_text_project_id_embedding_model",
        "retrievable_text",
        ["project_id", "embedding_model"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("ix_retrievable_text_project_id_embedding_model", table_name="retrievable_text")
    op.drop_column("source_versions", "pages")
    op.drop_column("retrievable_text", "next_embedding_model")
    op.drop_column("retrievable_text", "next_embedding")
    op.drop_column("dna_profiles", "proof")
    op.drop_column("dna_profiles", "structure")
    op.execute("update content_sources set sha256 = '' where sha256 is null")
    op.alter_column(
        "content_sources",
        "sha256",
        existing_type=sa.VARCHAR(length=64),
        nullable=False,
        comment="Checksum of what was sent.",
        existing_comment="Checksum of what was sent; known once it was read.",
    )
    op.alter_column(
        "content_sources",
        "size_bytes",
        existing_type=sa.BigInteger(),
        type_=sa.INTEGER(),
        existing_comment="Size of what was sent.",
        existing_nullable=False,
    )
    op.drop_column("content_sources", "fetched")
    op.drop_column("content_sources", "subtitles_name")
    op.drop_column("content_sources", "speakers")
    op.drop_column("content_sources", "media")
    op.drop_index("ix_uploads_project_id", table_name="uploads")
    op.drop_index("ix_uploads_owner_id", table_name="uploads")
    op.drop_index("ix_uploads_expires_at", table_name="uploads", postgresql_where=sa.text("used_at is null"))
    op.drop_table("uploads")
