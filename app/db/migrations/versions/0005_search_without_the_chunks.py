"""search without the chunks

What BM25 asks for moves into the key of the postings and onto the source: a chunk's own row fills a page with its vector.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "content_sources",
        sa.Column(
            "indexed_words",
            sa.BigInteger(),
            server_default="0",
            nullable=False,
            comment="Words that search knows of them; with chunk_count, BM25's mean.",
        ),
    )
    op.add_column(
        "content_sources",
        sa.Column(
            "search_config",
            sa.String(length=32),
            server_default="simple",
            nullable=False,
            comment="PostgreSQL's, of the newest version's language.",
        ),
    )
    op.execute(
        "update content_sources source set indexed_words = chunks.words, search_config = chunks.config "
        "from (select source_id, version, sum(length) as words, max(search_config) as config from retrievable_text "
        "group by source_id, version) chunks where chunks.source_id = source.id and chunks.version = source.version"
    )
    op.add_column(
        "search_postings",
        sa.Column("length", sa.Integer(), nullable=True, comment="Indexed words of the chunk: BM25's document length."),
    )
    op.add_column("search_postings", sa.Column("source_id", sa.Uuid(), nullable=True, comment="The chunk's source."))
    op.execute(
        "update search_postings posting set length = chunk.length, source_id = chunk.source_id "
        "from retrievable_text chunk where chunk.id = posting.chunk_id"
    )
    op.alter_column("search_postings", "length", nullable=False)
    op.alter_column("search_postings", "source_id", nullable=False)
    op.drop_constraint("pk_search_postings", "search_postings", type_="primary")
    op.execute(
        "alter table search_postings add constraint pk_search_postings "
        "primary key (project_id, lexeme, chunk_id) include (frequency, length, source_id)"
    )
    op.drop_column("retrievable_text", "length")


def downgrade() -> None:
    op.add_column(
        "retrievable_text",
        sa.Column(
            "length",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Indexed words: BM25's document length.",
        ),
    )
    op.execute(
        "update retrievable_text chunk set length = posted.length "
        "from (select distinct chunk_id, length from search_postings) posted where posted.chunk_id = chunk.id"
    )
    op.drop_constraint("pk_search_postings", "search_postings", type_="primary")
    op.create_primary_key("pk_search_postings", "search_postings", ["project_id", "lexeme", "chunk_id"])
    op.drop_column("search_postings", "source_id")
    op.drop_column("search_postings", "length")
    op.drop_column("content_sources", "search_config")
    op.drop_column("content_sources", "indexed_words")
