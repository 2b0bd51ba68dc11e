#!/bin/sh
# Dump all databases of an installation into a new folder, while they are used: backup.sh FOLDER
# As the server's owner (row-level security is for everybody else); where and as whom by PGHOST, PGUSER, PGPASSFILE.
# The order makes the dumps fit together: the engine first, then coordination, then the services (docs/decisions/0032).
set -eu
into=$1
umask 077
mkdir "$into"
date -u +%Y-%m-%dT%H:%M:%SZ > "$into/began-at"
for database in temporal temporal_visibility coordination followup localization assessment; do
  pg_dump --format=custom --file="$into/$database.dump" "$database"
done
cd "$into"
sha256sum -- *.dump began-at > SHA256SUMS
echo "$into: everything until $(cat began-at), and patients' records in the clear" >&2
