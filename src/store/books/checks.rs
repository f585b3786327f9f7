//! Owns the rules of the books, one query each: every row that it gives breaks the rule. Columns:
//! `what` it is about, what it `should` be, what was `found`.

/// What the rules are written in terms of. `standing`: invoices that are owed. `line`: lines with
/// their taxes. `applied`: what of a payment is on a line now, what went back taken off. `told`:
/// what the ledger says was applied of which payment's row.
pub(super) const VIEWS: &str = "WITH standing AS (
    SELECT i.* FROM invoice i WHERE i.kind = 'invoice'
      AND NOT EXISTS (SELECT 1 FROM invoice n WHERE n.corrects = i.id)),
  line AS (
    SELECT l.invoice, l.ord, l.kind, l.supplier, l.cents + coalesce((SELECT sum(t.cents)
      FROM invoice_tax t WHERE t.invoice = l.invoice AND t.line = l.ord), 0) AS cents
    FROM invoice_line l),
  applied AS (
    SELECT coalesce(p.reverses, p.id) AS payment, a.invoice, a.line, sum(a.cents) AS cents
    FROM allocation a JOIN payment p ON p.id = a.payment GROUP BY 1, 2, 3),
  money AS (
    SELECT coalesce(p.reverses, p.id) AS payment, sum(p.cents) AS cents,
      min(p.issuer) AS issuer FROM payment p GROUP BY 1),
  told AS (
    SELECT coalesce(p.id, json_extract(g.data, '$.payment')) AS payment,
      json_extract(x.value, '$.invoice') AS number, json_extract(x.value, '$.line') AS line,
      json_extract(x.value, '$.cents') AS cents
    FROM ledger g JOIN json_each(g.data, '$.applied') x LEFT JOIN payment p ON p.ledger = g.seq
    WHERE g.kind IN ('money-in', 'money-back', 'money-applied', 'money-freed')),
  free AS MATERIALIZED (
    SELECT DISTINCT json_extract(data, '$.renewal') AS renewal FROM ledger
    WHERE kind = 'answered' AND json_extract(data, '$.cents') = 0)";

pub(super) const CHECKS: [(&str, &str); 19] = [
    ("invoice-total", INVOICE_TOTAL),
    ("invoice-shares", INVOICE_SHARES),
    ("series", SERIES),
    ("series-number", SERIES_NUMBER),
    ("credit-note", CREDIT_NOTE),
    ("credit-note-lines", CREDIT_NOTE_LINES),
    ("line-settled", LINE_SETTLED),
    ("payment-split", PAYMENT_SPLIT),
    ("payment-issuer", PAYMENT_ISSUER),
    ("reversal", REVERSAL),
    ("reversal-exact", REVERSAL_EXACT),
    ("renewal-state", RENEWAL_STATE),
    ("dues-once", DUES_ONCE),
    ("premium-once", PREMIUM_ONCE),
    ("remittance", REMITTANCE),
    ("remittance-rows", REMITTANCE_ROWS),
    ("ledger-lines", LEDGER_LINES),
    ("ledger-totals", LEDGER_TOTALS),
    ("ledger-applied", LEDGER_APPLIED),
];

const INVOICE_TOTAL: &str = "SELECT i.number AS what,
    (SELECT coalesce(sum(l.cents), 0) FROM line l WHERE l.invoice = i.id) AS should,
    i.total_cents AS found FROM invoice i WHERE should <> found";

const INVOICE_SHARES: &str = "SELECT i.number AS what, i.total_cents AS should,
    (SELECT coalesce(sum(s.cents), 0) FROM invoice_share s WHERE s.invoice = i.id) AS found
    FROM invoice i WHERE should <> found";

const SERIES: &str = "SELECT issuer || ' ' || season AS what, before + 1 AS should, n AS found
    FROM (SELECT issuer, season, n,
      lag(n, 1, 0) OVER (PARTITION BY issuer, season ORDER BY n) AS before FROM invoice)
    WHERE n <> before + 1";

const SERIES_NUMBER: &str = "SELECT number AS what,
    printf('%s-%s-%05d', issuer, season, n) AS should, number AS found
    FROM invoice WHERE should <> found";

/// A credit note takes back one invoice of the same series and renewal; an invoice none.
const CREDIT_NOTE: &str = "SELECT n.number AS what,
    iif(n.kind = 'invoice', 'correcting nothing', 'correcting an invoice of its renewal') AS should,
    coalesce(o.number, 'correcting nothing') AS found
    FROM invoice n LEFT JOIN invoice o ON o.id = n.corrects
    WHERE iif(n.kind = 'invoice', n.corrects IS NOT NULL,
      o.id IS NULL OR o.kind <> 'invoice' OR o.renewal <> n.renewal OR o.issuer <> n.issuer
      OR o.season <> n.season)";

const CREDIT_NOTE_LINES: &str = "SELECT number || ' line ' || ord || part AS what,
    sum(should) AS should, sum(found) AS found FROM (
      SELECT n.number, l.ord, ' ' || l.kind || ' ' || l.supplier AS part,
        -l.cents AS should, 0 AS found
      FROM invoice n JOIN invoice_line l ON l.invoice = n.corrects
      UNION ALL SELECT n.number, l.ord, ' ' || l.kind || ' ' || l.supplier, 0, l.cents
      FROM invoice n JOIN invoice_line l ON l.invoice = n.id WHERE n.kind = 'credit-note'
      UNION ALL SELECT n.number, t.line, ' ' || t.tax || ' ' || t.rate, -t.cents, 0
      FROM invoice n JOIN invoice_tax t ON t.invoice = n.corrects
      UNION ALL SELECT n.number, t.line, ' ' || t.tax || ' ' || t.rate, 0, t.cents
      FROM invoice n JOIN invoice_tax t ON t.invoice = n.id WHERE n.kind = 'credit-note')
    GROUP BY number, ord, part HAVING sum(should) <> sum(found)";

/// A line of a standing invoice has between nothing and what it comes to; any other line nothing.
const LINE_SETTLED: &str = "SELECT i.number || ' line ' || a.line AS what,
    iif(s.id IS NULL, '0', '0 to ' || l.cents) AS should, sum(a.cents) AS found
    FROM allocation a JOIN invoice i ON i.id = a.invoice
    JOIN line l ON l.invoice = a.invoice AND l.ord = a.line
    LEFT JOIN standing s ON s.id = i.id
    GROUP BY a.invoice, a.line
    HAVING sum(a.cents) < 0 OR sum(a.cents) > iif(s.id IS NULL, 0, l.cents)";

/// Of what is left of a payment nothing is applied twice: what is applied is between nothing and
/// what is left, and what is not is the rest.
const PAYMENT_SPLIT: &str = "SELECT 'payment ' || m.payment AS what,
    'applied from 0 to ' || m.cents AS should, coalesce(sum(a.cents), 0) AS found
    FROM money m LEFT JOIN applied a ON a.payment = m.payment
    GROUP BY m.payment
    HAVING coalesce(sum(a.cents), 0) NOT BETWEEN 0 AND m.cents OR m.cents < 0";

const PAYMENT_ISSUER: &str = "SELECT 'payment ' || p.id || ' on ' || i.number AS what,
    p.issuer AS should, i.issuer AS found
    FROM allocation a JOIN payment p ON p.id = a.payment JOIN invoice i ON i.id = a.invoice
    WHERE should <> found GROUP BY p.id, i.id";

const REVERSAL: &str = "SELECT 'payment ' || p.id AS what,
    iif(p.reverses IS NULL, 'above 0', 'below 0, of a payment of ' || p.issuer) AS should,
    p.cents || ' of payment ' || coalesce(p.reverses, p.id) AS found
    FROM payment p LEFT JOIN payment o ON o.id = p.reverses
    WHERE iif(p.reverses IS NULL, p.cents <= 0,
      p.cents >= 0 OR o.id IS NULL OR o.reverses IS NOT NULL OR o.issuer <> p.issuer)";

/// What went back undoes what was there, line by line: never more, and no money puts on.
const REVERSAL_EXACT: &str = "SELECT 'payment ' || a.payment || ' on ' || i.number
      || ' line ' || a.line AS what, '0 or more' AS should, a.cents AS found
    FROM applied a JOIN invoice i ON i.id = a.invoice WHERE a.cents < 0
    UNION ALL SELECT 'payment ' || p.id, p.cents || ' to 0', sum(a.cents)
    FROM payment p JOIN allocation a ON a.payment = p.id WHERE p.reverses IS NOT NULL
    GROUP BY p.id HAVING sum(a.cents) NOT BETWEEN p.cents AND 0 OR max(a.cents) > 0";

/// While a desk looks at a renewal, its invoices stay as they are.
const RENEWAL_STATE: &str = "SELECT what, iif(n = 0, 'nothing owed, nothing paid',
      iif(owed <= 0, 'paid', 'pledged, owing ' || owed)) AS should, state AS found
    FROM (SELECT 'renewal ' || r.id || ' of ' || r.issuer || ' ' || r.season AS what,
        r.id, r.state, count(s.id) AS n, coalesce(sum(s.total_cents - coalesce((
          SELECT sum(a.cents) FROM allocation a WHERE a.invoice = s.id), 0)), 0) AS owed
      FROM renewal r LEFT JOIN standing s ON s.renewal = r.id GROUP BY r.id)
    WHERE state <> 'with-desk' AND CASE
      WHEN n = 0 THEN state = 'pledged'
        OR (state = 'paid' AND id NOT IN (SELECT renewal FROM free))
      WHEN owed <= 0 THEN state <> 'paid'
      ELSE state <> 'pledged' END";

const DUES_ONCE: &str = "SELECT 'member ' || p.member_no || ' by ' || l.supplier || ' ' || s.season
      AS what, 'one line of dues' AS should, group_concat(s.number, ' ') AS found
    FROM standing s JOIN invoice_line l ON l.invoice = s.id AND l.kind = 'dues'
    JOIN renewal r ON r.id = s.renewal JOIN person p ON p.id = r.person
    GROUP BY p.id, s.season, l.supplier HAVING count(*) > 1";

const PREMIUM_ONCE: &str = "SELECT 'member ' || p.member_no || ' ' || s.season AS what,
    'one premium' AS should, group_concat(s.number, ' ') AS found
    FROM standing s JOIN invoice_line l ON l.invoice = s.id AND l.kind = 'premium'
    JOIN renewal r ON r.id = s.renewal JOIN person p ON p.id = r.person
    GROUP BY p.id, s.season HAVING count(*) > 1";

const REMITTANCE: &str = "SELECT m.collector || ' to ' || m.beneficiary || ' ' || m.season || ' '
      || m.n AS what, coalesce((SELECT sum(a.cents) FROM remitted t
        JOIN allocation a ON a.id = t.allocation WHERE t.remittance = m.id), 0) AS should,
    m.cents AS found FROM remittance m WHERE should <> found";

const REMITTANCE_ROWS: &str = "SELECT 'allocation ' || a.id AS what,
    m.collector || ' ' || m.beneficiary || ' ' || m.season AS should,
    i.issuer || ' ' || iif(l.kind = 'premium', 'insurer', l.supplier) || ' ' || i.season AS found
    FROM remitted t JOIN remittance m ON m.id = t.remittance
    JOIN allocation a ON a.id = t.allocation JOIN invoice i ON i.id = a.invoice
    JOIN invoice_line l ON l.invoice = a.invoice AND l.ord = a.line
    WHERE should <> found";

/// Each document and payment is told by the line that it names, and each such line tells one.
const LEDGER_LINES: &str = "SELECT i.number AS what, iif(i.kind = 'invoice', 'invoiced ',
      'credited ') || i.total_cents AS should,
      g.kind || ' ' || json_extract(g.data, '$.cents') AS found
    FROM invoice i LEFT JOIN ledger g ON g.seq = i.ledger
      AND json_extract(g.data, '$.number') = i.number
    WHERE should IS NOT found
    UNION ALL SELECT 'payment ' || p.id, iif(p.reverses IS NULL, 'money-in ', 'money-back ')
      || p.cents AS should, g.kind || ' ' || json_extract(g.data, '$.cents') AS found
    FROM payment p LEFT JOIN ledger g ON g.seq = p.ledger WHERE should IS NOT found
    UNION ALL SELECT 'ledger ' || g.seq, json_extract(g.data, '$.number'), NULL
    FROM ledger g LEFT JOIN invoice i ON i.ledger = g.seq
    WHERE g.kind IN ('invoiced', 'credited') AND i.id IS NULL
    UNION ALL SELECT 'ledger ' || g.seq, json_extract(g.data, '$.cents'), NULL
    FROM ledger g LEFT JOIN payment p ON p.ledger = g.seq
    WHERE g.kind IN ('money-in', 'money-back') AND p.id IS NULL";

const LEDGER_TOTALS: &str = "SELECT issuer || ' ' || kind AS what, sum(told) AS should,
    sum(kept) AS found FROM (
      SELECT coalesce(json_extract(data, '$.issuer'), json_extract(data, '$.from')) AS issuer,
        kind, json_extract(data, '$.cents') AS told, 0 AS kept FROM ledger
      WHERE kind IN ('invoiced', 'credited', 'money-in', 'money-back', 'remitted')
      UNION ALL SELECT issuer, iif(kind = 'invoice', 'invoiced', 'credited'), 0, total_cents
      FROM invoice
      UNION ALL SELECT issuer, iif(reverses IS NULL, 'money-in', 'money-back'), 0, cents
      FROM payment
      UNION ALL SELECT collector, 'remitted', 0, cents FROM remittance)
    GROUP BY issuer, kind HAVING sum(told) <> sum(kept)";

const LEDGER_APPLIED: &str = "SELECT 'payment ' || payment || ' on ' || number || ' line ' || line
      AS what, sum(told) AS should, sum(kept) AS found FROM (
      SELECT payment, number, line, cents AS told, 0 AS kept FROM told
      UNION ALL SELECT a.payment, i.number, a.line, 0, a.cents
      FROM allocation a JOIN invoice i ON i.id = a.invoice)
    GROUP BY payment, number, line HAVING sum(told) <> sum(kept)";
