"""What `status` shows besides: yes/no measures and endpoints; a candidate's measures are kept once, in its receipts.

No gate of an older store took a yes/no measure and nothing was kept of its endpoints, so nothing is counted anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("candidates", "measures")
    op.add_column("jobs", sa.Column("retried", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "measure_tallies",
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("yes", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"]),
        sa.PrimaryKeyConstraint("job", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "endpoints",
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("in_flight", sa.Integer(), nullable=False),
        sa.Column("in_flight_limit", sa.Integer(), nullable=False),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("queue", sa.Integer(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("rate_limited", sa.BigInteger(), nullable=False),
        sa.Column("outages", sa.BigInteger(), nullable=False),
        sa.Column("breaker", sa.Text(), nullable=False),
        sa.Column("p50_s", sa.Float(), nullable=True),
        sa.Column("p95_s", sa.Float(), nullable=True),
        sa.Column("latencies", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["job"], ["jobs.number"]),
        sa.PrimaryKeyConstraint("job", "endpoint"),
        sqlite_with_rowid=False,
    )
