CREATE TYPE size AS ENUM ('small', 'large');
CREATE TABLE items (
  id serial PRIMARY KEY,
  name text NOT NULL,
  size size NOT NULL DEFAULT 'small',
  made timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
  label text GENERATED ALWAYS AS (name || '!') STORED
);
CREATE FUNCTION stamp() RETURNS timestamptz LANGUAGE sql AS $$ SELECT CURRENT_TIMESTAMP $$;
COPY items (name) FROM stdin;
it's \\one
another
\.
