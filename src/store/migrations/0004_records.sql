-- Records: what was sent can be known again; what was erased stays erased.

-- Subject of a mail to a member; empty for a desk's, which holds other people's words.
ALTER TABLE attempt ADD COLUMN subject TEXT NOT NULL DEFAULT '';

-- Who was erased: keyed marks of the member number and of addresses that nothing may be mailed to.
-- `kind`: number, address. A mark cannot be turned back; the next list is told by it.
CREATE TABLE tombstone (
  mark BLOB PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('number', 'address')),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Erased persons keep their row, with a number that means nothing, since invoices and evidence
-- hang on it.
ALTER TABLE person ADD COLUMN erased_at INTEGER;
