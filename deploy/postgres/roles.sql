-- What keeps organisations apart (docs/decisions/0031), once for the whole server, by its owner. Safe to repeat.
-- Nobody signs in as these two; who signs in is a member of them (init.sql).
DO $$
BEGIN
  -- Reads and writes rows of the one organisation its transaction names. Owns nothing.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tio_service') THEN
    CREATE ROLE tio_service NOLOGIN;
  END IF;
  -- Sees every organisation; a transaction of a relay or of a command takes it on by name.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tio_across') THEN
    CREATE ROLE tio_across NOLOGIN;
  END IF;
END
$$;
GRANT tio_service TO tio_across;
