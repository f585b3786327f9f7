-- The calendar: what a person approved of a forecast, and who was reminded on a day of their own.

-- How many a firing may reach, as a person has seen it and typed it. `answered`: how many had
-- answered by then, so that answers given since are no surprise.
CREATE TABLE forecast (
  schedule TEXT NOT NULL,
  local TEXT NOT NULL,
  season TEXT NOT NULL,
  recipients INTEGER NOT NULL,
  answered INTEGER NOT NULL,
  by TEXT NOT NULL,
  at INTEGER NOT NULL,
  ledger INTEGER NOT NULL,
  PRIMARY KEY (schedule, local)
) STRICT, WITHOUT ROWID;

-- Recipients found when the firing was compared with its approved forecast.
ALTER TABLE firing ADD COLUMN counted INTEGER;

-- The `remind_on` that was served.
ALTER TABLE renewal ADD COLUMN reminded_on TEXT;
CREATE INDEX renewal_remind ON renewal (issuer, remind_on) WHERE remind_on IS NOT NULL;
-- Lapsing looks at nobody who has answered.
CREATE INDEX renewal_open ON renewal (issuer, season, id) WHERE state = 'open';
