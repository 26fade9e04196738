"""Threshold sets, inspections, kept reports, comments, second opinions, and where images come from."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_reports",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_kept_reports_run_id_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_kept_reports")),
    )
    op.create_table(
        "threshold_sets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("objective", sa.JSON(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["accounts.id"], name=op.f("fk_threshold_sets_made_by_id_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_threshold_sets_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threshold_sets")),
        sa.UniqueConstraint("run_id", "version", name=op.f("uq_threshold_sets_run_id_version")),
    )
    with op.batch_alter_table("threshold_sets", schema=None) as batch_op:
        batch_op.create_index(
            "uq_threshold_sets_run_id_active",
            ["run_id"],
            unique=True,
            sqlite_where=sa.text("is_active"),
            postgresql_where=sa.text("is_active"),
        )

    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_comments_account_id_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_comments_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_comments_label_id_labels"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("client_key", name=op.f("uq_comments_client_key")),
    )
    with op.batch_alter_table("comments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_comments_image_id"), ["image_id"], unique=False)

    op.create_table(
        "inspections",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("label_quality", sa.LargeBinary(), nullable=False),
        sa.Column("outlier", sa.Double(), nullable=True),
        sa.Column("neighbours", sa.LargeBinary(), nullable=False),
        sa.Column("similarities", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_inspections_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_inspections_run_id_runs"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "image_id", name=op.f("pk_inspections")),
    )
    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inspections_image_id"), ["image_id"], unique=False)

    op.create_table(
        "second_opinions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["asked_by_id"], ["accounts.id"], name=op.f("fk_second_opinions_asked_by_id_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["images.id"], name=op.f("fk_second_opinions_image_id_images"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_second_opinions_label_id_labels"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_second_opinions_review_id_reviews"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_opinions")),
    )
    with op.batch_alter_table("second_opinions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_second_opinions_image_id"), ["image_id"], unique=False)

    # Columns are added without copying the tables: SQLite would drop the old copy, and with it all that refers to it.
    op.add_column("images", sa.Column("details", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("reviews", sa.Column("list_kind", sa.String(length=32), server_default="", nullable=False))
    op.add_column("reviews", sa.Column("blind_answer", sa.String(length=32), nullable=True))
    op.add_column("reviews", sa.Column("batch_key", sa.String(length=64), nullable=True))
    op.create_index("ix_reviews_batch_key", "reviews", ["batch_key"], unique=False)
    _put_thresholds_into_sets()


def _put_thresholds_into_sets() -> None:
    """Make what every run had so far the first version of its thresholds."""
    connection = op.get_bind()
    old = connection.execute(sa.text("SELECT * FROM thresholds ORDER BY run_id, label_id")).mappings().all()
    op.drop_table("thresholds")
    op.create_table(
        "thresholds",
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("label_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("objective", sa.String(length=64), nullable=False),
        sa.Column("tuned", sa.Boolean(), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_thresholds_label_id_labels"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["accounts.id"], name=op.f("fk_thresholds_set_by_id_accounts"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["set_id"], ["threshold_sets.id"], name=op.f("fk_thresholds_set_id_threshold_sets"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("set_id", "label_id", name=op.f("pk_thresholds")),
    )
    for run_id in sorted({row["run_id"] for row in old}):
        rows = [row for row in old if row["run_id"] == run_id]
        values = {"run": run_id, "at": max(row["set_at"] for row in rows)}
        made = connection.execute(
            sa.text(
                "INSERT INTO threshold_sets (run_id, version, name, is_active, made_at)"
                " VALUES (:run, 1, '', true, :at) RETURNING id"
            ),
            values,
        ).scalar_one()
        for row in rows:
            kept = {name: row[name] for name in ("label_id", "value", "objective", "tuned", "set_by_id", "set_at")}
            connection.execute(
                sa.text(
                    "INSERT INTO thresholds (set_id, label_id, value, objective, tuned, set_by_id, set_at)"
                    " VALUES (:set_id, :label_id, :value, :objective, :tuned, :set_by_id, :set_at)"
                ),
                {**kept, "set_id": made},
            )


def downgrade() -> None:
    """Never needed: a data folder is only ever brought forward."""
    raise NotImplementedError
