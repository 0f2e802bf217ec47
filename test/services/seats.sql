CREATE TABLE seats (
  id serial PRIMARY KEY,
  taken boolean NOT NULL DEFAULT false,
  at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO seats (taken) VALUES (false);
