"""How people tag: settings of the desk, opinions wanted, label groups, examples, questions, changes, controls."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAITING = sa.text("needed > 0 AND excluded_at IS NULL")
PARTLY = sa.text("needed > 0 AND needed < opinions AND excluded_at IS NULL")
DISPUTED = sa.text("value = 'disputed'")
OPEN = sa.text("closed_at IS NULL")
EXCLUDED = sa.text("excluded_at IS NOT NULL")


def upgrade() -> None:
    _make_label_tables()
    _make_desk_tables()
    _make_claims_anew()
    _add_columns()
    _count_opinions()
    for name, column in (("ix_images_waiting", "id"), ("ix_images_waiting_shuffled", "sha256")):
        op.create_index(name, "images", ["project_id", column], sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index("ix_images_partly", "images", ["project_id", "id"], sqlite_where=PARTLY, postgresql_where=PARTLY)
    op.create_index("ix_truths_disputed", "truths", ["image_id"], sqlite_where=DISPUTED, postgresql_where=DISPUTED)
    op.create_index(
        "ix_second_opinions_open", "second_opinions", ["asked_at"], sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_index("ix_images_excluded", "images", ["project_id"], sqlite_where=EXCLUDED, postgresql_where=EXCLUDED)


def _make_label_tables() -> None:
    op.create_table(
        "label_groups",
        sa.Column("id", sa.Integer(), nullable=False),
        _reference("label_groups", "project_id", "projects"),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_groups")),
        sa.UniqueConstraint("project_id", "title", name=op.f("uq_label_groups_project_id_title")),
    )
    op.create_table(
        "label_examples",
        _reference("label_examples", "label_id", "labels"),
        _reference("label_examples", "image_id", "images"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _person("label_examples", "chosen_by_id"),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("label_id", "image_id", name=op.f("pk_label_examples")),
    )
    op.create_index(op.f("ix_label_examples_image_id"), "label_examples", ["image_id"])
    op.create_table(
        "label_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        _reference("label_questions", "label_id", "labels"),
        _person("label_questions", "asked_by_id"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_questions")),
    )
    op.create_index(op.f("ix_label_questions_label_id"), "label_questions", ["label_id"])
    op.create_table(
        "label_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        _reference("label_changes", "project_id", "projects"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        _person("label_changes", "account_id"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_changes")),
    )
    op.create_index(op.f("ix_label_changes_project_id"), "label_changes", ["project_id"])


def _make_desk_tables() -> None:
    op.create_table(
        "desk_settings",
        _reference("desk_settings", "project_id", "projects"),
        sa.Column("guide", sa.Text(), nullable=False),
        sa.Column("suggestions", sa.String(length=32), nullable=False),
        sa.Column("order", sa.String(length=32), nullable=False),
        _reference("desk_settings", "order_label_id", "labels", nullable=True),
        sa.Column("opinions", sa.Integer(), nullable=False),
        sa.Column("opinions_share", sa.Double(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("names_hidden", sa.Boolean(), nullable=False),
        sa.Column("control_share", sa.Double(), nullable=False),
        sa.Column("train_after", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_desk_settings")),
        sa.CheckConstraint("opinions >= 1", name=op.f("ck_desk_settings_opinions")),
        sa.CheckConstraint("opinions_share >= 0 AND opinions_share <= 1", name=op.f("ck_desk_settings_opinions_share")),
        sa.CheckConstraint("control_share >= 0 AND control_share <= 0.5", name=op.f("ck_desk_settings_control_share")),
    )
    op.create_table(
        "assignments",
        _reference("assignments", "image_id", "images"),
        _reference("assignments", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("image_id", "account_id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_account_id"), "assignments", ["account_id"])
    op.create_table(
        "control_images",
        _reference("control_images", "image_id", "images"),
        _person("control_images", "chosen_by_id"),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_control_images")),
    )
    op.create_table(
        "adjudicating",
        _reference("adjudicating", "image_id", "images"),
        _reference("adjudicating", "account_id", "accounts"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_adjudicating")),
    )
    op.create_index(op.f("ix_adjudicating_account_id"), "adjudicating", ["account_id"])
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer(), nullable=False),
        _reference("flags", "image_id", "images"),
        _person("flags", "account_id"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
    )
    op.create_index(op.f("ix_flags_image_id"), "flags", ["image_id"])


def _make_claims_anew() -> None:
    """Let several people have one image at once; claims last minutes, so that none is worth taking along."""
    op.drop_table("claims")
    op.create_table(
        "claims",
        _reference("claims", "image_id", "images"),
        _reference("claims", "account_id", "accounts"),
        _reference("claims", "project_id", "projects"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "account_id", name=op.f("pk_claims")),
    )
    for column in ("account_id", "project_id"):
        op.create_index(op.f(f"ix_claims_{column}"), "claims", [column])


def _add_columns() -> None:
    # Columns are added without copying the tables: SQLite would drop the old copy, and with it all that refers to it.
    op.add_column("annotations", sa.Column("whole", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("annotations", sa.Column("batch_key", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_annotations_batch_key"), "annotations", ["batch_key"])
    op.create_index(
        "ix_annotations_counting",
        "annotations",
        ["project_id", "created_at", "view", "account_id", "superseded_at", "whole"],
        sqlite_where=sa.text("superseded_at IS NULL AND whole = 1"),
        postgresql_where=sa.text("superseded_at IS NULL AND whole"),
    )
    op.add_column("skips", sa.Column("reason", sa.String(length=32), nullable=True))
    op.add_column("skips", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("images", sa.Column("opinions", sa.Integer(), server_default="1", nullable=False))
    op.add_column("images", sa.Column("needed", sa.Integer(), server_default="1", nullable=False))
    for column in ("group_id", "merged_into_id", "merged_since", "split_from_id"):
        op.add_column("labels", sa.Column(column, sa.Integer(), nullable=True))


def _count_opinions() -> None:
    """Say of what is there already who was asked everything, and which images nobody needs to answer any more."""
    op.execute("UPDATE annotations SET whole = false WHERE view IN ('review', 'adjudicate')")
    op.execute(
        "UPDATE images SET needed = 0 WHERE EXISTS (SELECT 1 FROM annotations WHERE annotations.image_id = images.id"
        " AND annotations.superseded_at IS NULL AND annotations.whole)"
    )


def _reference(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    name = op.f(f"fk_{table}_{column}_{target}")
    after = "SET NULL" if nullable else "CASCADE"
    return sa.Column(column, sa.Integer(), sa.ForeignKey(f"{target}.id", name=name, ondelete=after), nullable=nullable)


def _person(table: str, column: str) -> sa.Column[int]:
    return _reference(table, column, "accounts", nullable=True)


def downgrade() -> None:
    """Never needed: a data folder is only ever brought forward."""
    raise NotImplementedError
