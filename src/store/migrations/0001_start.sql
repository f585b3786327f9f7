-- Times are milliseconds since the epoch, UTC. Money is whole cents.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- A person. `subject` is the random id by which the ledger knows them.
CREATE TABLE person (
  id INTEGER PRIMARY KEY,
  member_no TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL UNIQUE,
  salt BLOB NOT NULL,
  given_name TEXT NOT NULL,
  family_name TEXT NOT NULL,
  email TEXT,
  email2 TEXT,
  language TEXT,
  province TEXT NOT NULL,
  zone TEXT,
  status TEXT NOT NULL,
  phone TEXT NOT NULL DEFAULT '',
  street TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL DEFAULT '',
  postal_code TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  employer TEXT NOT NULL DEFAULT ''
) STRICT;
-- Few servers tell the cases of a local part apart, and people none.
CREATE INDEX person_email ON person (lower(email));
CREATE INDEX person_email2 ON person (lower(email2));

-- A person's place in one association. `missing`: absent from the last complete list.
CREATE TABLE membership (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  association TEXT NOT NULL,
  category TEXT NOT NULL,
  pli INTEGER NOT NULL,
  home INTEGER NOT NULL,
  since TEXT,
  missing INTEGER NOT NULL DEFAULT 0,
  UNIQUE (person, association)
) STRICT;
CREATE INDEX membership_by_association ON membership (association, person) WHERE missing = 0;

-- What one member owes one issuer for one season. `version` counts accepted answers.
CREATE TABLE renewal (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  issuer TEXT NOT NULL,
  season TEXT NOT NULL,
  state TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 0,
  opened_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  UNIQUE (person, issuer, season)
) STRICT;

-- Every accepted answer. `choice` is NULL where the answer before was taken back.
CREATE TABLE answer (
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  version INTEGER NOT NULL,
  nonce TEXT NOT NULL,
  choice TEXT,
  reason TEXT NOT NULL DEFAULT '',
  door TEXT NOT NULL,
  language TEXT NOT NULL,
  mid INTEGER,
  at INTEGER NOT NULL,
  PRIMARY KEY (renewal, version)
) STRICT, WITHOUT ROWID;

-- The bill as it stood when the member answered.
CREATE TABLE answer_line (
  renewal INTEGER NOT NULL,
  version INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  kind TEXT NOT NULL,
  supplier TEXT NOT NULL,
  category TEXT NOT NULL,
  cents INTEGER NOT NULL,
  PRIMARY KEY (renewal, version, ord),
  FOREIGN KEY (renewal, version) REFERENCES answer (renewal, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE unsubscription (
  person INTEGER NOT NULL REFERENCES person (id),
  association TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (person, association)
) STRICT, WITHOUT ROWID;

-- What is known against an address. `suspended_at`: nothing is mailed there.
CREATE TABLE address (
  address TEXT PRIMARY KEY,
  score REAL NOT NULL DEFAULT 0,
  scored_at INTEGER NOT NULL,
  suspended_at INTEGER,
  reason TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- One nominal local instant of one schedule. `cursor` is the last person planned.
CREATE TABLE firing (
  id INTEGER PRIMARY KEY,
  schedule TEXT NOT NULL,
  local TEXT NOT NULL,
  zone TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  season TEXT NOT NULL,
  issuer TEXT NOT NULL,
  step TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  cursor INTEGER NOT NULL DEFAULT 0,
  planned INTEGER NOT NULL DEFAULT 0,
  excluded INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  hold_until INTEGER,
  replanned_on TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  UNIQUE (schedule, local)
) STRICT;
CREATE INDEX firing_open ON firing (state) WHERE state IN ('planning', 'held');

-- Every message has a cause, and a cause has one message.
CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  cause TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  priority INTEGER NOT NULL,
  person INTEGER REFERENCES person (id),
  renewal INTEGER REFERENCES renewal (id),
  issuer TEXT NOT NULL,
  firing INTEGER REFERENCES firing (id),
  recipient TEXT NOT NULL,
  payload TEXT NOT NULL DEFAULT '{}',
  state TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 1,
  tries INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  -- When the current attempt was opened: its links expire from here, however often it is tried.
  opened_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX message_due ON message (priority, due_at, id) WHERE state IN ('queued', 'deferred');
CREATE INDEX message_watch ON message (state) WHERE state IN ('sending', 'unknown', 'held', 'refused');
CREATE INDEX message_person ON message (person);
CREATE INDEX message_firing ON message (firing);

-- One attempt: its id is the capability from which its links and addresses derive.
CREATE TABLE attempt (
  mid INTEGER PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES message (id),
  n INTEGER NOT NULL,
  address TEXT NOT NULL,
  domain TEXT NOT NULL,
  header_id TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  code INTEGER,
  relay_text TEXT NOT NULL DEFAULT '',
  digest BLOB NOT NULL,
  template TEXT NOT NULL,
  renewal_version INTEGER,
  evidence TEXT NOT NULL DEFAULT '',
  bounced_at INTEGER,
  bounce_status TEXT NOT NULL DEFAULT '',
  bounce_hard INTEGER,
  UNIQUE (message, n)
) STRICT;
CREATE INDEX attempt_started ON attempt (started_at);
CREATE INDEX attempt_header ON attempt (header_id);

-- The chain of acts. No contact data: a subject id, amounts, states, digests.
CREATE TABLE ledger (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  subject TEXT NOT NULL,
  kind TEXT NOT NULL,
  data TEXT NOT NULL,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE mailbox (
  name TEXT PRIMARY KEY,
  validity INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  watermark INTEGER NOT NULL,
  held TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Every mail that was read. `text` is kept only where a desk must read it.
CREATE TABLE inbound (
  id INTEGER PRIMARY KEY,
  mailbox TEXT NOT NULL,
  validity INTEGER NOT NULL,
  key TEXT NOT NULL,
  digest BLOB NOT NULL,
  mark BLOB NOT NULL,
  received INTEGER NOT NULL,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,
  mid INTEGER,
  person INTEGER,
  sender TEXT NOT NULL DEFAULT '',
  sender_name TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL DEFAULT '',
  header_id TEXT NOT NULL DEFAULT '',
  text TEXT NOT NULL DEFAULT '',
  UNIQUE (mailbox, validity, key)
) STRICT;
CREATE INDEX inbound_digest ON inbound (digest);
CREATE INDEX inbound_mark ON inbound (mark);

-- Counted before parsing: a mail that kills the parser is set aside on the second try.
CREATE TABLE parsing (
  mailbox TEXT NOT NULL,
  validity INTEGER NOT NULL,
  key TEXT NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (mailbox, validity, key)
) STRICT, WITHOUT ROWID;

-- Automatic answers given to one address on one day (RFC 3834 §2: loops end).
CREATE TABLE answered (
  mark BLOB NOT NULL,
  day TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (mark, day)
) STRICT, WITHOUT ROWID;

-- An import on its way: rows are staged, then applied in chunks.
CREATE TABLE import (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  applied INTEGER NOT NULL DEFAULT 0,
  complete INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE import_row (
  import INTEGER NOT NULL REFERENCES import (id),
  line INTEGER NOT NULL,
  row TEXT NOT NULL,
  PRIMARY KEY (import, line)
) STRICT, WITHOUT ROWID;
