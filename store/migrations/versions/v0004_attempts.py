"""Attempts of calls that came to nothing, and counts of those that call for attention.

An older store kept only what such attempts cost in all (jobs.charged_nano_usd); the counts are made anew of the journaled ones.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store import sqlite

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# A member's model is PROVIDER/NAME, and NAME is what it is asked for by on the wire.
_COUNTED = """
INSERT INTO attempt_tallies (job, model, served_model, flag, attempts, cost_nano_usd)
SELECT a.job, c.model, a.served_model, a.flag, count(*), sum(a.cost_nano_usd)
FROM call_attempts AS a JOIN calls AS c USING (job, idx, revision, gate, purpose, role, slot, sample)
WHERE a.flag != '' OR a.served_model NOT IN ('', c.model, substr(c.model, instr(c.model, '/') + 1))
GROUP BY a.job, c.model, a.served_model, a.flag
"""


def upgrade() -> None:
    op.create_table(
        "unjournaled_attempts",
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("sample", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("served_model", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cached_tokens", sa.Integer(), nullable=True),
        sa.Column("reserved_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"]),
        sa.PrimaryKeyConstraint("serial"),
    )
    op.create_index("unjournaled_attempts_by_unit", "unjournaled_attempts", ["job", "idx"])
    for trigger in sqlite.append_only("unjournaled_attempts"):
        op.execute(trigger)
    op.create_table(
        "attempt_tallies",
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("served_model", sa.Text(), nullable=False),
        sa.Column("flag", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("cost_nano_usd", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"]),
        sa.PrimaryKeyConstraint("job", "model", "served_model", "flag"),
        sqlite_with_rowid=False,
    )
    op.execute(_COUNTED)
