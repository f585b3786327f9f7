-- A second success by card on its way back to whoever paid. `key`: the provider's idempotency key.
-- `name`: the provider's for the refund. `state`: waiting, done, refused.
CREATE TABLE card_refund (
  payment INTEGER PRIMARY KEY REFERENCES payment (id),
  provider TEXT NOT NULL,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX card_refund_waiting ON card_refund (changed_at) WHERE state = 'waiting';
