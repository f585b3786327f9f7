//! Owns what a desk's form may do: which decisions a case offers, what must be typed with them,
//! and what is wrong with a form. A press of a button alone decides nothing: some mail scanners
//! press buttons, and none of them has a name.

mod deed;
mod fault;
mod money;
mod ruling;

pub use deed::{Case, Channel, Deed};
pub use fault::Fault;
pub use money::{Received, received, refunded};
pub use ruling::{Becomes, Standing, becomes, refund};

use jiff::civil::Date;

/// Characters of a name, as people sign.
pub const STAFF_CHARS_MAX: usize = 80;
/// Characters of a cheque's or transfer's number.
pub const REFERENCE_CHARS_MAX: usize = 60;
/// Characters of a note: a few sentences.
pub const NOTE_CHARS_MAX: usize = 500;

/// A form's fields, as typed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form<'a> {
    /// The decision.
    pub deed: &'a str,
    /// Who decides.
    pub staff: &'a str,
    /// What is noted.
    pub note: &'a str,
    /// The number of recipients, typed from the page.
    pub count: &'a str,
    /// What came in, in dollars.
    pub amount: &'a str,
    /// The day on which it came: `2026-12-04`.
    pub on: &'a str,
    /// How it came: `cheque` or `transfer`.
    pub method: &'a str,
    /// Number of the cheque, say.
    pub reference: &'a str,
    /// Code of a category.
    pub category: &'a str,
    /// Number of an invoice.
    pub invoice: &'a str,
}

/// What a form decides, or everything that is wrong with it. `today` is the desk's.
pub fn weigh(case: Case, form: &Form<'_>, today: Date) -> Result<Deed, Vec<Fault>> {
    let mut faults = Vec::new();
    let deed = Deed::parse(form.deed).filter(|deed| case.offers().contains(deed));
    if deed.is_none() {
        faults.push(Fault::NoDeed);
    }
    if let (Some(Deed::Send), Case::Firing { count }) = (deed, case) {
        match number(form.count) {
            None => faults.push(Fault::NoCount),
            Some(typed) if typed != count => faults.push(Fault::WrongCount),
            Some(_) => {}
        }
    }
    if deed == Some(Deed::Received) {
        faults.extend(received(form, today).err().unwrap_or_default());
    }
    match (deed, case) {
        (Some(Deed::Category), _) if form.category.trim().is_empty() => {
            faults.push(Fault::NoCategory);
        }
        (Some(Deed::Applied), _) if form.invoice.trim().is_empty() => faults.push(Fault::NoInvoice),
        (Some(Deed::Refunded), Case::Credit { waits }) => {
            faults.extend(refunded(form, waits, today).err().unwrap_or_default());
        }
        _ => {}
    }
    faults.extend(signature(form.staff, form.note, case.needs_note_for(deed)));
    match deed {
        Some(deed) if faults.is_empty() => Ok(deed),
        _ => Err(faults),
    }
}

/// What is wrong with name and note.
#[must_use]
pub fn signature(staff: &str, note: &str, needs_note: bool) -> Vec<Fault> {
    let mut faults = Vec::new();
    if staff.trim().is_empty() {
        faults.push(Fault::NoStaff);
    } else if staff.trim().chars().count() > STAFF_CHARS_MAX {
        faults.push(Fault::StaffTooLong);
    }
    if needs_note && note.trim().is_empty() {
        faults.push(Fault::NoNote);
    } else if note.trim().chars().count() > NOTE_CHARS_MAX {
        faults.push(Fault::NoteTooLong);
    }
    faults
}

/// A whole number as people type one: `1204`, `1,204`, `1 204`.
fn number(text: &str) -> Option<i64> {
    let digits: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '\u{202f}')).collect();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Cents;
    use crate::domain::words::TaskKind;

    const TODAY: Date = jiff::civil::date(2026, 12, 4);

    fn form<'a>(deed: &'a str, staff: &'a str, note: &'a str, count: &'a str) -> Form<'a> {
        Form { deed, staff, note, count, ..Form::default() }
    }

    #[test]
    fn a_form_decides_only_what_its_case_offers_and_only_in_a_name() {
        use Fault::{NoCount, NoDeed, NoNote, NoStaff, WrongCount};
        let firing = Case::Firing { count: 1204 };
        let task = Case::Task(TaskKind::Call);
        let table: [(Case, Form<'_>, Result<Deed, Vec<Fault>>); 19] = [
            (firing, form("send", "Ann", "", "1204"), Ok(Deed::Send)),
            (firing, form("send", "Ann", "", " 1,204 "), Ok(Deed::Send)),
            (firing, form("send", "Ann", "", "1\u{a0}204"), Ok(Deed::Send)),
            (firing, form("send", "Ann", "", "1203"), Err(vec![WrongCount])),
            (firing, form("send", "Ann", "", "-1204"), Err(vec![NoCount])),
            (firing, form("send", "Ann", "", "yes"), Err(vec![NoCount])),
            (firing, form("send", "Ann", "", "99999999999999999999"), Err(vec![NoCount])),
            (firing, form("send", "", "", ""), Err(vec![NoCount, NoStaff])),
            (firing, form("cancel", "Ann", "", ""), Ok(Deed::Cancel)),
            (firing, form("lift", "Ann", "", ""), Err(vec![NoDeed])),
            (firing, form("", "Ann", "", "1204"), Err(vec![NoDeed])),
            (Case::Message, form("left", "Ann", "", ""), Ok(Deed::Left)),
            (Case::Message, form("resend", " ", "", ""), Err(vec![NoStaff])),
            (Case::Address, form("lift", "Ann", "", ""), Ok(Deed::Lift)),
            (Case::Address, form("send", "Ann", "", ""), Err(vec![NoDeed])),
            (task, form("done", "Ann", "called", ""), Ok(Deed::Done)),
            (task, form("done", "Ann", " ", ""), Err(vec![NoNote])),
            (task, form("dropped", "", "", ""), Err(vec![NoStaff, NoNote])),
            (Case::Mail, form("answered", "Ann", "", ""), Ok(Deed::Answered)),
        ];
        for (case, form, want) in table {
            assert_eq!(weigh(case, &form, TODAY), want, "{case:?} {form:?}");
        }
    }

    #[test]
    fn money_has_an_amount_a_day_and_a_way() {
        use Fault::{NoAmount, NoDay, NoMethod, NoNote};
        let case =
            Case::Money { kind: TaskKind::ExpectedCheque, owed: Cents::new(55_575).unwrap() };
        let table = [
            (["555.75", "2026-12-04", "cheque"], Ok(Deed::Received)),
            (["1", "2026-11-30", "transfer"], Ok(Deed::Received)),
            (["0", "2026-12-04", "cheque"], Err(vec![NoAmount])),
            (["-5", "2026-12-04", "cheque"], Err(vec![NoAmount])),
            (["555.75", "2026-12-05", "cheque"], Err(vec![NoDay])),
            (["555.75", "4 December", "card"], Err(vec![NoDay, NoMethod])),
            (["", "", ""], Err(vec![NoAmount, NoDay, NoMethod])),
        ];
        for ([amount, on, method], want) in table {
            let form = Form { amount, on, method, ..form("received", "Ann", "", "") };
            assert_eq!(weigh(case, &form, TODAY), want, "{form:?}");
        }
        assert_eq!(weigh(case, &form("dropped", "Ann", "", ""), TODAY), Err(vec![NoNote]));
        assert_eq!(weigh(case, &form("dropped", "Ann", "void", ""), TODAY), Ok(Deed::Dropped));
    }

    #[test]
    fn what_a_decision_needs_beside_a_name() {
        use Fault::{NoCategory, NoDay, NoDeed, NoInvoice, NoRefund};
        let credit = Case::Credit { waits: Cents::new(10_000).unwrap() };
        let base = |deed| form(deed, "Ann", "", "");
        let table = [
            (Case::Situation, Form { category: "retired", ..base("category") }, Ok(Deed::Category)),
            (Case::Situation, base("category"), Err(vec![NoCategory])),
            (Case::Situation, base("leave"), Ok(Deed::Leave)),
            (Case::Situation, base("moved"), Ok(Deed::Moved)),
            (Case::Situation, base("ended"), Ok(Deed::Ended)),
            (Case::Situation, base("refused"), Ok(Deed::Refused)),
            (Case::Situation, base("done"), Err(vec![NoDeed])),
            (Case::Conflict, base("ours"), Ok(Deed::Ours)),
            (Case::Conflict, base("theirs"), Ok(Deed::Theirs)),
            (Case::Conflict, base("dropped"), Err(vec![NoDeed])),
            (credit, Form { invoice: "CIP-2027-00001", ..base("applied") }, Ok(Deed::Applied)),
            (credit, base("applied"), Err(vec![NoInvoice])),
            (credit, Form { on: "2026-12-01", ..base("refunded") }, Ok(Deed::Refunded)),
            (
                credit,
                Form { on: "2026-12-01", amount: "100.01", ..base("refunded") },
                Err(vec![NoRefund]),
            ),
            (credit, Form { amount: "100.00", ..base("refunded") }, Err(vec![NoDay])),
        ];
        for (case, form, want) in table {
            assert_eq!(weigh(case, &form, TODAY), want, "{case:?} {form:?}");
        }
    }

    #[test]
    fn names_and_notes_are_bounded() {
        let long = "n".repeat(NOTE_CHARS_MAX + 1);
        assert_eq!(signature("é".repeat(STAFF_CHARS_MAX).as_str(), "", false), []);
        assert_eq!(signature(&long, &long, true), [Fault::StaffTooLong, Fault::NoteTooLong]);
    }

    #[test]
    fn every_word_is_read_back() {
        for deed in Deed::ALL {
            assert_eq!(Deed::parse(deed.as_str()), Some(deed));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_press_of_a_button_sends(staff in ".{0,20}", note in ".{0,20}", count in 0i64..100_000) {
            let pressed = form("send", &staff, &note, "");
            let case = Case::Firing { count };
            proptest::prop_assert!(weigh(case, &pressed, TODAY).is_err());
        }
    }
}
