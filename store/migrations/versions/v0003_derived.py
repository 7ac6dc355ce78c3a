"""A candidate's measures are what its receipts say, and are no longer kept a second time beside them."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("candidates", "measures")
