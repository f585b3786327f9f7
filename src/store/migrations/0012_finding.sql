-- What is asked for again and again is found without reading a whole table, so that a season of ten
-- thousand members takes ten times as long as one of a thousand, and not a hundred times.

-- Each report asks whether another of the same firing came back from that address.
CREATE INDEX attempt_returned ON attempt (lower(address)) WHERE bounced_at IS NOT NULL;
-- Each start looks for conversations that nobody ended.
CREATE INDEX attempt_sending ON attempt (mid) WHERE state = 'sending';

-- Each digest counts what is in doubt and what is held. An index of several states serves no question
-- about one of them.
DROP INDEX message_watch;
CREATE INDEX message_unknown ON message (issuer, changed_at) WHERE state = 'unknown';
CREATE INDEX message_held ON message (firing, changed_at) WHERE state = 'held';

-- Each tick asks for the last digest of each schedule, each page of a desk for the last that was sent.
CREATE INDEX digest_due ON digest (schedule, due_at);
CREATE INDEX digest_sent ON digest (issuer, until_at) WHERE state = 'sent';
-- What went back is looked for with each payment, open tasks with each invoice.
CREATE INDEX payment_reverses ON payment (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX task_renewal ON task (renewal) WHERE closed_at IS NULL;
