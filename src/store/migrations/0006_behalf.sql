-- What desks do in a member's place.

-- How a member asked the desk that typed a declaration in: phone, in-person, letter. Empty for the
-- member's own.
ALTER TABLE declaration ADD COLUMN channel TEXT NOT NULL DEFAULT '';
