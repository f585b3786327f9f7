//! Owns what the days, the order and the shares of payments must agree on.

use super::Report;
use crate::config::PaymentSection;
use crate::config::reference::File;
use crate::domain::payment::Rank;

const FILE: File = File::Relance;
/// Shares are percentages of one invoice.
const WHOLE_PERCENT: i64 = 100;

pub(super) fn check(payment: &PaymentSection, report: &mut Report) {
    let stained = |report: &Report, path: &str| report.is_stained(FILE, path);
    let each_once = |rank: &Rank| payment.order.iter().filter(|r| *r == rank).count() == 1;
    if !Rank::ALL.iter().all(each_once) && !stained(report, "payment.order") {
        report.fault(
            FILE,
            "payment.order",
            "does not name each kind of line once",
            "Write premium, own-dues, other-dues and penalty in the order that was decided.",
        );
    }
    instalments(payment, report);
}

fn instalments(payment: &PaymentSection, report: &mut Report) {
    let shares = &payment.instalments;
    let any_stained = report.is_stained(FILE, "payment.instalment")
        || (0..shares.len()).any(|n| {
            ["due", "percent"]
                .iter()
                .any(|key| report.is_stained(FILE, &format!("payment.instalment[{n}].{key}")))
        });
    if shares.is_empty() || any_stained {
        return;
    }
    for (n, pair) in shares.windows(2).enumerate().filter(|(_, p)| p[0].due >= p[1].due) {
        report.fault(
            FILE,
            &format!("payment.instalment[{}].due", n + 1),
            format!("is {}, which is not after the share before it ({})", pair[1].due, pair[0].due),
            "Write the shares in the order of their days.",
        );
    }
    let sum: i64 = shares.iter().map(|s| s.percent).sum();
    if sum != WHOLE_PERCENT {
        report.fault(
            FILE,
            &format!("payment.instalment[{}].percent", shares.len() - 1),
            format!("makes the shares come to {sum}, not 100"),
            "Let all shares together be the whole invoice.",
        );
    }
}
