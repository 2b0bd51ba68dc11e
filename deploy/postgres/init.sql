-- Run once, by the server's owner: a database and an owner for each service, and for Temporal.
-- Passwords come from the environment (psql variables), never from this file.
\set ON_ERROR_STOP on
\getenv password TIO_DATABASE_PASSWORD
\getenv temporal_password TEMPORAL_DATABASE_PASSWORD

CREATE ROLE tio LOGIN PASSWORD :'password';
CREATE DATABASE assessment OWNER tio;
CREATE DATABASE localization OWNER tio;
CREATE DATABASE followup OWNER tio;
CREATE DATABASE coordination OWNER tio;

CREATE ROLE temporal LOGIN PASSWORD :'temporal_password';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
