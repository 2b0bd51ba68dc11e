#!/bin/sh
# Restore the dumps of backup.sh into the empty databases of a new server: restore.sh FOLDER
# The server has been prepared with roles.sql and init.sql; owners, rights and policies come back with the tables.
set -eu
from=$1
(cd "$from" && sha256sum --check --quiet --strict SHA256SUMS)
for database in temporal temporal_visibility coordination followup localization assessment; do
  if [ ! -f "$from/$database.dump" ]; then
    echo "$from holds no $database.dump; without it the others would not fit" >&2
    exit 1
  fi
  if [ "$(psql --no-psqlrc --tuples-only --no-align --dbname="$database" \
    --command="SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")" != 0 ]; then
    echo "$database is not empty; what is in it would be lost" >&2
    exit 1
  fi
done
for database in temporal temporal_visibility coordination followup localization assessment; do
  pg_restore --exit-on-error --single-transaction --dbname="$database" "$from/$database.dump"
done
echo "restored to $(cat "$from/began-at"); next: tio migrate, tio forget-again, start, tio journeys reconcile" >&2
