-- PostgreSQL's image runs this once, as the superuser, when it creates the database `library`.
-- The product's user owns that database and has no other right.
DO $$
BEGIN
  EXECUTE format(
    'CREATE ROLE library LOGIN PASSWORD %L',
    rtrim(pg_read_file('/run/secrets/database_password'), E'\r\n')
  );
END
$$;
ALTER DATABASE library OWNER TO library;
REVOKE ALL ON DATABASE library FROM PUBLIC;
