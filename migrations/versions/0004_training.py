"""How models are trained: named configurations, how images are divided, and what a run tells while and after it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Columns of runs that hold JSON, with what they hold at first.
JSON_COLUMNS = {
    "tags": "[]",
    "hardware": "{}",
    "schedule_curve": "[]",
    "rate_searches": "{}",
    "live": "{}",
    "warnings": "[]",
    "summary": "{}",
    "learning_curve": "{}",
}


def upgrade() -> None:
    op.create_table(
        "configurations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("recipe", sa.String(length=32), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["accounts.id"],
            name=op.f("fk_configurations_created_by_id_accounts"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name=op.f("fk_configurations_project_id_projects"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configurations")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_configurations_project_id_name")),
    )
    # Columns are added without copying the tables: SQLite would drop the old copy, and with it all that refers to it.
    method = sa.Column("split_method", sa.String(length=32), server_default="stratified", nullable=False)
    op.add_column("projects", method)
    op.add_column("projects", sa.Column("split_detail", sa.String(length=120), server_default="", nullable=False))
    op.add_column("runs", sa.Column("labelling", sa.String(length=32), server_default="overlapping", nullable=False))
    op.add_column("runs", sa.Column("parent_id", sa.Integer(), nullable=True))
    op.add_column("runs", sa.Column("remark", sa.Text(), server_default="", nullable=False))
    op.add_column("runs", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("runs", sa.Column("keeps_best", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name, first in JSON_COLUMNS.items():
        op.add_column("runs", sa.Column(name, sa.JSON(), server_default=first, nullable=False))
    _make_page_claims()


def _make_page_claims() -> None:
    """Let questions about images be lent to people, as images are at the desk."""
    tables = {"image_id": "images", "label_id": "labels", "account_id": "accounts"}
    op.create_table(
        "page_claims",
        *(sa.Column(column, sa.Integer(), nullable=False) for column in tables),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_page_claims_{column}_{table}"), ondelete="CASCADE"
            )
            for column, table in tables.items()
        ),
        sa.PrimaryKeyConstraint(*tables, name=op.f("pk_page_claims")),
    )
    for column in ("account_id", "label_id"):
        op.create_index(op.f(f"ix_page_claims_{column}"), "page_claims", [column])


def downgrade() -> None:
    """Never needed: a data folder is only ever brought forward."""
    raise NotImplementedError
