-- Each report asks whether another of the same firing came back from that address: looked for among
-- what came back from the address, not among all mails of the firing.
CREATE INDEX attempt_returned ON attempt (lower(address)) WHERE bounced_at IS NOT NULL;
