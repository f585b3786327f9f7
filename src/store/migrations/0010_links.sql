-- Links that a person took back before their time: each by the id that all links of one attempt
-- share.
CREATE TABLE revoked_link (
  mid INTEGER PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT;
