-- A list is read twice and applied from the file: no row of it waits in the store any more.
DROP TABLE import_row;
UPDATE import SET state = 'superseded' WHERE state IN ('staging', 'applying');
