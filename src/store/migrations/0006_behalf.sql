-- What desks do in a member's place.

-- How a member asked the desk that typed a declaration in: phone, in-person, letter. Empty for the
-- member's own.
ALTER TABLE declaration ADD COLUMN channel TEXT NOT NULL DEFAULT '';

-- A category that a desk decided before the member list has it. `was`: the list's then. `state`:
-- standing, settled (the list says something new).
CREATE TABLE ruling (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  association TEXT NOT NULL,
  was TEXT NOT NULL,
  category TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('standing', 'settled')),
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL
) STRICT;
CREATE INDEX ruling_person ON ruling (person);
