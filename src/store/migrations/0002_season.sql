-- The season: what is owed, invoiced and paid, insurance, corrections, and what waits for a desk.
-- Times are milliseconds since the epoch, UTC; days are ISO dates; money is whole cents.

-- `cover`: keep, decline, or NULL where insurance was not asked. `staff`: who acted for the member.
ALTER TABLE answer ADD COLUMN cover TEXT;
-- Codes of optional bodies that were left out, separated by spaces.
ALTER TABLE answer ADD COLUMN dropped TEXT NOT NULL DEFAULT '';
ALTER TABLE answer ADD COLUMN staff TEXT NOT NULL DEFAULT '';
-- Until this day no reminder goes out: the member asked to be reminded then.
ALTER TABLE renewal ADD COLUMN remind_on TEXT;

-- The bill of an answer is its invoice.
DROP TABLE answer_line;

-- Who pays in a member's place: an employer, say. One row an address and issuer.
CREATE TABLE payer (
  id INTEGER PRIMARY KEY,
  issuer TEXT NOT NULL,
  name TEXT NOT NULL,
  email TEXT NOT NULL,
  language TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (issuer, email)
) STRICT;

-- One document of a series without gaps: an invoice, or a credit note that takes one back.
-- Never altered. `bill_to` and `purchase_order` are contact data and can be erased.
CREATE TABLE invoice (
  id INTEGER PRIMARY KEY,
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  issuer TEXT NOT NULL,
  season TEXT NOT NULL,
  n INTEGER NOT NULL,
  number TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('invoice', 'credit-note')),
  corrects INTEGER UNIQUE REFERENCES invoice (id),
  payer INTEGER REFERENCES payer (id),
  bill_to TEXT NOT NULL,
  purchase_order TEXT NOT NULL DEFAULT '',
  place TEXT NOT NULL,
  issued_on TEXT NOT NULL,
  due_on TEXT NOT NULL,
  total_cents INTEGER NOT NULL,
  issued_at INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  UNIQUE (issuer, season, n)
) STRICT;
CREATE INDEX invoice_renewal ON invoice (renewal);
CREATE INDEX invoice_payer ON invoice (payer) WHERE payer IS NOT NULL;

-- `kind`: dues, premium, penalty. A credit note's lines are the invoice's, negative.
CREATE TABLE invoice_line (
  invoice INTEGER NOT NULL REFERENCES invoice (id),
  ord INTEGER NOT NULL,
  kind TEXT NOT NULL,
  supplier TEXT NOT NULL,
  category TEXT NOT NULL,
  cents INTEGER NOT NULL,
  PRIMARY KEY (invoice, ord)
) STRICT, WITHOUT ROWID;

-- One tax on one line, rounded to the cent there. `rate` in millionths.
CREATE TABLE invoice_tax (
  invoice INTEGER NOT NULL,
  line INTEGER NOT NULL,
  ord INTEGER NOT NULL,
  tax TEXT NOT NULL,
  rate INTEGER NOT NULL,
  registration TEXT NOT NULL,
  cents INTEGER NOT NULL,
  PRIMARY KEY (invoice, line, ord),
  FOREIGN KEY (invoice, line) REFERENCES invoice_line (invoice, ord)
) STRICT, WITHOUT ROWID;

-- Dated shares of an invoice; one where there are no instalments.
CREATE TABLE invoice_share (
  invoice INTEGER NOT NULL REFERENCES invoice (id),
  ord INTEGER NOT NULL,
  due_on TEXT NOT NULL,
  cents INTEGER NOT NULL,
  PRIMARY KEY (invoice, ord)
) STRICT, WITHOUT ROWID;

-- Money that came in (positive) or went back (negative: `reverses` says of which payment).
-- `method`: card, cheque, transfer, ams. `external`: the id by which another system knows it.
CREATE TABLE payment (
  id INTEGER PRIMARY KEY,
  issuer TEXT NOT NULL,
  method TEXT NOT NULL,
  external TEXT,
  cents INTEGER NOT NULL,
  received_on TEXT NOT NULL,
  reference TEXT NOT NULL DEFAULT '',
  payer INTEGER REFERENCES payer (id),
  reverses INTEGER REFERENCES payment (id),
  why TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  UNIQUE (issuer, method, external)
) STRICT;

-- What of a payment is applied to which line of an invoice, tax included. What is not applied is
-- a credit that waits for the desk. Rows are only added; taking back adds negative ones.
CREATE TABLE allocation (
  id INTEGER PRIMARY KEY,
  payment INTEGER NOT NULL REFERENCES payment (id),
  invoice INTEGER NOT NULL,
  line INTEGER NOT NULL,
  cents INTEGER NOT NULL,
  at INTEGER NOT NULL,
  FOREIGN KEY (invoice, line) REFERENCES invoice_line (invoice, ord)
) STRICT;
CREATE INDEX allocation_invoice ON allocation (invoice);
CREATE INDEX allocation_payment ON allocation (payment);

-- A frozen list of what one body collected for another, or of premiums for the insurer.
CREATE TABLE remittance (
  id INTEGER PRIMARY KEY,
  collector TEXT NOT NULL,
  beneficiary TEXT NOT NULL,
  season TEXT NOT NULL,
  n INTEGER NOT NULL,
  cents INTEGER NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE (collector, beneficiary, season, n)
) STRICT;
CREATE TABLE remitted (
  allocation INTEGER PRIMARY KEY REFERENCES allocation (id),
  remittance INTEGER NOT NULL REFERENCES remittance (id)
) STRICT;

-- One try to pay by card. Its id is the provider's idempotency key; committed before any call.
-- `lines`: what was quoted, as JSON. `state`: new, open, paid, expired, failed.
CREATE TABLE checkout (
  id TEXT PRIMARY KEY,
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  invoice INTEGER REFERENCES invoice (id),
  version INTEGER NOT NULL,
  provider TEXT NOT NULL,
  session TEXT,
  url TEXT NOT NULL DEFAULT '',
  cents INTEGER NOT NULL,
  currency TEXT NOT NULL,
  lines TEXT NOT NULL,
  language TEXT NOT NULL,
  mid INTEGER,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX checkout_renewal ON checkout (renewal);
CREATE UNIQUE INDEX checkout_session ON checkout (provider, session) WHERE session IS NOT NULL;

-- What a provider told us, once each.
CREATE TABLE webhook (
  provider TEXT NOT NULL,
  event TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (provider, event)
) STRICT, WITHOUT ROWID;

-- Answers to the insurance questions: evidence, never altered; a correction is a new version.
CREATE TABLE declaration (
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  version INTEGER NOT NULL,
  questions TEXT NOT NULL,
  answers TEXT NOT NULL,
  language TEXT NOT NULL,
  door TEXT NOT NULL,
  staff TEXT NOT NULL DEFAULT '',
  mid INTEGER,
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  PRIMARY KEY (renewal, version)
) STRICT, WITHOUT ROWID;

-- What became of cover at the deadline: kept, interrupted, declined, pending. Later rows revise
-- earlier ones. `final`: in which list it was given to the insurer: 0 none, 1 the final one, 2 the
-- first addendum.
CREATE TABLE outcome (
  renewal INTEGER NOT NULL REFERENCES renewal (id),
  version INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  evidence TEXT NOT NULL,
  final INTEGER NOT NULL,
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  PRIMARY KEY (renewal, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  person INTEGER NOT NULL REFERENCES person (id),
  season TEXT NOT NULL,
  url TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (person, season)
) STRICT, WITHOUT ROWID;

-- What a member corrected. `was`: the list's value then. `state`: standing, settled (the list has
-- it now), conflict (the list has a third value).
CREATE TABLE correction (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  field TEXT NOT NULL,
  was TEXT NOT NULL,
  value TEXT NOT NULL,
  listed TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL
) STRICT;
CREATE INDEX correction_person ON correction (person);

-- A new address waits until both addresses have confirmed it.
CREATE TABLE address_change (
  id INTEGER PRIMARY KEY,
  person INTEGER NOT NULL REFERENCES person (id),
  issuer TEXT NOT NULL,
  was TEXT NOT NULL,
  address TEXT NOT NULL,
  was_confirmed_at INTEGER,
  address_confirmed_at INTEGER,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'refused', 'replaced')),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX address_change_person ON address_change (person);

-- A line that needs a person at a desk. `kind`: situation, insurance, expected-cheque, says-paid,
-- credit, double-payment, conflict, call, forward, overdue. One open line a cause.
CREATE TABLE task (
  id INTEGER PRIMARY KEY,
  cause TEXT NOT NULL UNIQUE,
  issuer TEXT NOT NULL,
  kind TEXT NOT NULL,
  person INTEGER REFERENCES person (id),
  renewal INTEGER REFERENCES renewal (id),
  data TEXT NOT NULL DEFAULT '{}',
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  closed_by TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX task_open ON task (issuer, kind) WHERE closed_at IS NULL;
CREATE INDEX task_person ON task (person);
