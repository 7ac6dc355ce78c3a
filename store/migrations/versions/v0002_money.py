"""Reservations that outlive their process, a job's cap, and what an attempt's settlement must confess.

An older store made no reservation durable, so nothing in it is open and nothing was ever charged in place of a settlement.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "open_attempts",
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("reserved_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"]),
        sa.PrimaryKeyConstraint("job", "idx", "revision", "gate", "purpose", "role", "slot", "sample", "number"),
        sqlite_with_rowid=False,
    )
    op.add_column("jobs", sa.Column("charged_nano_usd", sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("jobs", sa.Column("cap_nano_usd", sa.BigInteger(), nullable=True))
    op.add_column("call_attempts", sa.Column("flag", sa.Text(), nullable=False, server_default=sa.text("''")))
