-- Attempts that a relay's log names: handed over by a life of this store that it knows nothing of.
CREATE TABLE relay_log (mid INTEGER PRIMARY KEY) STRICT;
