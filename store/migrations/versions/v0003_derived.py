"""A candidate's measures are what its receipts say, no longer kept a second time beside them; a job counts what it retried."""

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
