-- The desks: what each was told and when, links that do one act each, and who did what.
-- Times are milliseconds since the epoch, UTC.

-- One nominal local instant of one desk's digest. It tells what came after `from_*` and until
-- `until_*`: an instant, a ledger line, a kept mail. `state`: sent, or silent (nothing to tell).
CREATE TABLE digest (
  id INTEGER PRIMARY KEY,
  schedule TEXT NOT NULL,
  local TEXT NOT NULL,
  issuer TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  from_at INTEGER NOT NULL,
  from_seq INTEGER NOT NULL,
  from_inbound INTEGER NOT NULL,
  until_at INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  until_inbound INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('sent', 'silent')),
  -- How many earlier instants it stands for, that nobody was there to serve.
  superseded INTEGER NOT NULL,
  UNIQUE (schedule, local)
) STRICT;

-- One link of a desk: good for one act on one target. Its id is computed, as an attempt's is.
-- `did`: what was done by it, once. `deed`: the ledger's line of that.
CREATE TABLE desk_link (
  id INTEGER PRIMARY KEY,
  act TEXT NOT NULL,
  target INTEGER NOT NULL,
  issuer TEXT NOT NULL,
  digest INTEGER REFERENCES digest (id),
  made_at INTEGER NOT NULL,
  used_at INTEGER,
  did TEXT NOT NULL DEFAULT '',
  deed INTEGER
) STRICT;
CREATE INDEX desk_link_digest ON desk_link (digest) WHERE digest IS NOT NULL;

-- Who at a desk did what a ledger line says, by which channel a member had asked for it, and what
-- they noted. The ledger has a digest of it under this row's salt, so that erasing the row leaves
-- the chain whole.
CREATE TABLE deed (
  ledger INTEGER PRIMARY KEY,
  issuer TEXT NOT NULL,
  person INTEGER REFERENCES person (id),
  staff TEXT NOT NULL,
  channel TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  salt BLOB NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX deed_person ON deed (person) WHERE person IS NOT NULL;

-- A mail for a desk that was kept and not passed on: a day's cap was reached.
CREATE TABLE waiting_mail (
  inbound INTEGER PRIMARY KEY REFERENCES inbound (id),
  issuer TEXT NOT NULL,
  why TEXT NOT NULL,
  settled_at INTEGER
) STRICT;
CREATE INDEX waiting_mail_open ON waiting_mail (issuer) WHERE settled_at IS NULL;
-- What came back is counted by its time.
CREATE INDEX attempt_bounced ON attempt (bounced_at) WHERE bounced_at IS NOT NULL;
