CREATE TABLE accounts (
  id int PRIMARY KEY,
  balance int NOT NULL CHECK (balance >= 0)
);
CREATE TABLE transfers (
  id serial PRIMARY KEY,
  sender int NOT NULL REFERENCES accounts,
  recipient int NOT NULL REFERENCES accounts,
  amount int NOT NULL,
  at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO accounts VALUES (1, 100), (2, 100);
