"""PostgreSQL keeps organisations apart by itself, beneath every WHERE that we could forget.

Three roles (deploy/postgres/roles.sql): the owner of the tables, who migrates them; `tio_service`,
which reads and writes rows of the one organisation a transaction says it is for; and `tio_across`,
for what is done for all of them, which a transaction takes on by name. A service signs in as a
member of the second that owns nothing. SQLite has no roles: there the WHERE stands alone.
"""

from sqlalchemy import Connection, text

SERVICE, ACROSS = "tio_service", "tio_across"
ORGANISATION = "tio.organisation"
"""The setting of a transaction that says whose rows it is about."""

TOKEN = "tio.token"
"""The setting that shows the one row whose secret the caller holds, before anything is known."""

ADDED_TO_ONLY = ("audit_entry",)
"""Tables whose rows nobody changes or takes away."""

SIGNED_IN_BY = "token_hash"
"""Who comes with the secret of such a row may see it: from it we know the organisation."""


class NotApart(Exception):
    """The database would show this process every organisation."""


_TABLES = text(
    """
    SELECT c.relname AS name,
           c.relrowsecurity AND c.relforcerowsecurity AS apart,
           has_table_privilege(:service, c.oid, 'INSERT') AS granted,
           bool_or(a.attname = 'organisation') AS has_organisation,
           bool_or(a.attname = :token) AS has_token
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
    GROUP BY c.oid ORDER BY c.relname
    """
)
_ROLES = text("SELECT count(*) FROM pg_roles WHERE rolname IN (:service, :across)")
_SEES_EVERYTHING = text(
    "SELECT rolsuper OR rolbypassrls OR pg_has_role(current_user, :across, 'usage')"
    " FROM pg_roles WHERE rolname = current_user"
)


def keep_apart(connection: Connection) -> None:
    """The last act of a migration: every table has its policies and says who may do what with it.

    Only what is not so yet is changed, so that repeating it waits for nobody.
    """
    names = {"service": SERVICE, "across": ACROSS}
    if connection.execute(_ROLES, names).scalar_one() != len(names):
        raise NotApart(
            f"the roles {SERVICE} and {ACROSS} are not there; "
            "let the server's owner run deploy/postgres/roles.sql once"
        )
    tables = connection.execute(_TABLES, {"service": SERVICE, "token": SIGNED_IN_BY}).all()
    for table in tables:
        if table.has_organisation and not table.apart:
            _part(connection, table.name, table.has_token)
        if not table.granted:
            connection.exec_driver_sql(
                f'GRANT {_allowed(table.name)} ON "{table.name}" TO {SERVICE}'
            )
    if not all(table.granted for table in tables):
        connection.exec_driver_sql(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {SERVICE}")


def _part(connection: Connection, table: str, has_token: bool) -> None:
    mine = f"organisation = current_setting('{ORGANISATION}', true)"
    if has_token:
        mine += f" OR {SIGNED_IN_BY} = current_setting('{TOKEN}', true)"
    for order in (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY one_organisation ON "{table}" USING ({mine})',
        f'CREATE POLICY across ON "{table}" TO {ACROSS} USING (true)',
    ):
        connection.exec_driver_sql(order)


def _allowed(table: str) -> str:
    return "SELECT, INSERT" if table in ADDED_TO_ONLY else "SELECT, INSERT, UPDATE, DELETE"


def expect_apart(connection: Connection) -> None:
    """Is this process one that sees a single organisation at a time? Raises when it sees all."""
    if connection.execute(_SEES_EVERYTHING, {"across": ACROSS}).scalar_one():
        raise NotApart("this role sees every organisation; sign in as one that owns nothing")
