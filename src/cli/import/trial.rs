//! Owns trying a list out: what taking it in would do, by counts and by whom. Writes nothing.

use super::report::NUMBERS_MAX;
use super::{Import, Run, count, whole};
use crate::store::{Direct, staging};

/// What [`Import::take_in`] would do.
pub(super) fn run(import: &Import, store: &Direct, run: &mut Run<'_>) -> anyhow::Result<()> {
    let mut changed = 0;
    let merged = import.sift(store, run)?;
    import.each(run, |run, line, row| {
        let row = whole(&merged, row);
        // An earlier row of the same person would have mended what both say of them.
        let first = run.sieve.is_first(line, &row.member_no);
        let compared = store.read(|c| staging::compare(c, &row, &run.absent, first))?;
        count(&mut run.report, compared.change);
        if compared.differs && run.sieve.tells(&row.member_no) {
            changed += 1;
            if run.report.members.len() < NUMBERS_MAX {
                run.report.members.push(row.member_no);
            }
        }
        Ok(())
    })?;
    run.report.members_changed = Some(changed);
    Ok(())
}
