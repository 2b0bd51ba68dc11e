-- Run once, after roles.sql, by the server's owner: who signs in, and a database for each service and for Temporal.
-- Passwords come from the environment (psql variables), never from this file. PostgreSQL 16 or newer.
\set ON_ERROR_STOP on
\getenv password TIO_DATABASE_PASSWORD
\getenv app_password TIO_APP_DATABASE_PASSWORD
\getenv coordination_password TIO_COORDINATION_DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD

-- Owns the tables and migrates them; sees all rows, because a migration may have to change them.
CREATE ROLE tio LOGIN PASSWORD :'password';
GRANT tio_across TO tio;

-- The services: nothing is theirs, and each transaction sees one organisation. Only coordination has relays that
-- work for all of them, and has to say so in each transaction (SET LOCAL ROLE).
CREATE ROLE tio_app LOGIN PASSWORD :'app_password' IN ROLE tio_service;
CREATE ROLE tio_coordination LOGIN PASSWORD :'coordination_password' IN ROLE tio_service;
GRANT tio_across TO tio_coordination WITH INHERIT FALSE, SET TRUE;

CREATE DATABASE assessment OWNER tio;
CREATE DATABASE localization OWNER tio;
CREATE DATABASE followup OWNER tio;
CREATE DATABASE coordination OWNER tio;
REVOKE CONNECT ON DATABASE assessment, localization, followup, coordination FROM PUBLIC;
GRANT CONNECT ON DATABASE assessment, localization, followup TO tio_app;
GRANT CONNECT ON DATABASE coordination TO tio_coordination;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
