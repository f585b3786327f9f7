-- What a member said before what stands, and that was read after it: a mail that lay unread while
-- they answered on their page. For insurance it counts at its own time, which is `at`, in
-- milliseconds since the epoch, UTC; it changes nothing else.
CREATE TABLE earlier_word (
  ledger INTEGER PRIMARY KEY,
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  choice TEXT NOT NULL,
  door TEXT NOT NULL,
  mid INTEGER,
  at INTEGER NOT NULL,
  UNIQUE (renewal, at, choice)
) STRICT;
