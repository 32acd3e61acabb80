"""How a sign-in was proven: by password or by the office's provider, and whether a code is still owed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WAYS = "way IN ('password','provider','provider-factors')"


def upgrade() -> None:
    with op.batch_alter_table("login_token") as table:
        table.add_column(sa.Column("way", sa.String(length=20), nullable=False, server_default="password"))
        table.add_column(sa.Column("factor_owed", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.create_check_constraint(op.f("ck_login_token_way"), WAYS)


def downgrade() -> None:
    with op.batch_alter_table("login_token") as table:
        table.drop_constraint(op.f("ck_login_token_way"), type_="check")
        table.drop_column("factor_owed")
        table.drop_column("way")
