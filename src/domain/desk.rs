//! Owns what a desk's form may do: which decisions a case offers, what must be typed with them,
//! and what is wrong with a form. A press of a button alone decides nothing: some mail scanners
//! press buttons, and none of them has a name.

use jiff::civil::Date;

use super::money::Cents;
use super::payment::Method;
use super::words::TaskKind;

/// Characters of a name, as people sign.
pub const STAFF_CHARS_MAX: usize = 80;
/// Characters of a cheque's or transfer's number.
pub const REFERENCE_CHARS_MAX: usize = 60;
/// Characters of a note: a few sentences.
pub const NOTE_CHARS_MAX: usize = 500;

/// What a desk can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A held mailing goes out.
    Send,
    /// A held mailing, or a message in doubt, will not go out.
    Cancel,
    /// A message in doubt has left.
    Left,
    /// A message in doubt goes out again.
    Resend,
    /// An address is mailed to again.
    Lift,
    /// A line is done.
    Done,
    /// A line needs nothing any more.
    Dropped,
    /// A kept mail is answered.
    Answered,
    /// Money came in.
    Received,
}

impl Deed {
    /// Every deed.
    pub const ALL: [Self; 9] = [
        Self::Send,
        Self::Cancel,
        Self::Left,
        Self::Resend,
        Self::Lift,
        Self::Done,
        Self::Dropped,
        Self::Answered,
        Self::Received,
    ];

    /// Stable text form, for forms, templates and the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Cancel => "cancel",
            Self::Left => "left",
            Self::Resend => "resend",
            Self::Lift => "lift",
            Self::Done => "done",
            Self::Dropped => "dropped",
            Self::Answered => "answered",
            Self::Received => "received",
        }
    }

    /// The deed with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == text)
    }
}

/// What waits for a decision, as far as the decision depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// A mailing to so many members.
    Firing {
        /// Whom it would go to now.
        count: i64,
    },
    /// A message in doubt.
    Message,
    /// An address that nothing is mailed to.
    Address,
    /// A line of another part.
    Task(TaskKind),
    /// Money that is expected, or said to be paid, on an invoice that stands.
    Money {
        /// The line's kind.
        kind: TaskKind,
        /// What is still owed.
        owed: Cents,
    },
    /// A kept mail.
    Mail,
}

impl Case {
    /// What can be decided, in the order in which a page offers it.
    #[must_use]
    pub const fn offers(self) -> &'static [Deed] {
        match self {
            Self::Firing { .. } => &[Deed::Send, Deed::Cancel],
            Self::Message => &[Deed::Left, Deed::Resend, Deed::Cancel],
            Self::Address => &[Deed::Lift],
            Self::Task(_) => &[Deed::Done, Deed::Dropped],
            Self::Money { .. } => &[Deed::Received, Deed::Dropped],
            Self::Mail => &[Deed::Answered],
        }
    }

    /// Whether it must be said what came of it: whoever looks next year must understand.
    #[must_use]
    pub const fn needs_note(self) -> bool {
        matches!(self, Self::Task(_))
    }

    /// As [`Self::needs_note`], for one decision.
    const fn needs_note_for(self, deed: Option<Deed>) -> bool {
        self.needs_note() || matches!((self, deed), (Self::Money { .. }, Some(Deed::Dropped)))
    }
}

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
}

/// Money that came in, as a desk says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How much.
    pub amount: Cents,
    /// The day on which it came.
    pub on: Date,
    /// How it came.
    pub method: Method,
}

/// What is wrong with a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing, or nothing that this case offers, was decided.
    NoDeed,
    /// No name.
    NoStaff,
    /// A name longer than [`STAFF_CHARS_MAX`].
    StaffTooLong,
    /// No note where one is needed.
    NoNote,
    /// A note longer than [`NOTE_CHARS_MAX`].
    NoteTooLong,
    /// The number of recipients was not typed.
    NoCount,
    /// Another number than that of the recipients now.
    WrongCount,
    /// No member of this association has that number.
    NoMember,
    /// By which channel the member asked was not said.
    NoChannel,
    /// No amount above zero.
    NoAmount,
    /// No day, or one to come.
    NoDay,
    /// Neither cheque nor transfer.
    NoMethod,
    /// A reference longer than [`REFERENCE_CHARS_MAX`].
    ReferenceTooLong,
}

impl Fault {
    /// Every fault.
    pub const ALL: &'static [Self] = &[
        Self::NoDeed,
        Self::NoStaff,
        Self::StaffTooLong,
        Self::NoNote,
        Self::NoteTooLong,
        Self::NoCount,
        Self::WrongCount,
        Self::NoMember,
        Self::NoChannel,
        Self::NoAmount,
        Self::NoDay,
        Self::NoMethod,
        Self::ReferenceTooLong,
    ];

    /// Stable text form, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoDeed => "no-deed",
            Self::NoStaff => "no-staff",
            Self::StaffTooLong => "staff-too-long",
            Self::NoNote => "no-note",
            Self::NoteTooLong => "note-too-long",
            Self::NoCount => "no-count",
            Self::WrongCount => "wrong-count",
            Self::NoMember => "no-member",
            Self::NoChannel => "no-channel",
            Self::NoAmount => "no-amount",
            Self::NoDay => "no-day",
            Self::NoMethod => "no-method",
            Self::ReferenceTooLong => "reference-too-long",
        }
    }
}

/// By which channel a member asked a desk to act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// By telephone.
    Phone,
    /// Face to face.
    InPerson,
    /// By letter.
    Letter,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Phone, Self::InPerson, Self::Letter];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::InPerson => "in-person",
            Self::Letter => "letter",
        }
    }

    /// The channel with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }
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

/// What a form says of money that came in, or everything that is wrong with it.
pub fn received(form: &Form<'_>, today: Date) -> Result<Received, Vec<Fault>> {
    let amount = dollars(form.amount).filter(|cents| *cents > Cents::ZERO);
    let on = form.on.trim().parse::<Date>().ok().filter(|on| *on <= today);
    let method = Method::parse(form.method)
        .filter(|method| matches!(method, Method::Cheque | Method::Transfer));
    let mut faults = Vec::new();
    for (missing, fault) in [
        (amount.is_none(), Fault::NoAmount),
        (on.is_none(), Fault::NoDay),
        (method.is_none(), Fault::NoMethod),
        (form.reference.trim().chars().count() > REFERENCE_CHARS_MAX, Fault::ReferenceTooLong),
    ] {
        faults.extend(missing.then_some(fault));
    }
    match (amount, on, method) {
        (Some(amount), Some(on), Some(method)) if faults.is_empty() => {
            Ok(Received { amount, on, method })
        }
        _ => Err(faults),
    }
}

/// An amount as people type one: `555.75`, `$1,234.56`, `1 234,56 $`, `500`.
fn dollars(text: &str) -> Option<Cents> {
    let kept: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '$' | '\u{202f}')).collect();
    let (whole, cents) = match kept.rfind(['.', ',']) {
        // A separator with two digits after it is the cents'; one with three, thousands'.
        Some(at) if kept.len() - at == 3 => (&kept[..at], &kept[at + 1..]),
        _ => (kept.as_str(), "00"),
    };
    let digits: String = whole.chars().filter(|c| *c != ',' && *c != '.').collect();
    let grouped = whole.split([',', '.']).skip(1).all(|group| group.len() == 3);
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(&digits) || !plain(cents) || !grouped {
        return None;
    }
    let whole: i64 = digits.parse().ok()?;
    Cents::new(whole.checked_mul(100)?.checked_add(cents.parse().ok()?)?)
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
    fn amounts_are_read_as_they_are_written() {
        for (text, cents) in [
            ("555.75", Some(55_575)),
            ("555,75", Some(55_575)),
            ("$1,234.56", Some(123_456)),
            ("1\u{a0}234,56\u{a0}$", Some(123_456)),
            ("1,234", Some(123_400)),
            ("1.234,00", Some(123_400)),
            ("500", Some(50_000)),
            ("0.05", Some(5)),
            ("12.5", None),
            ("1,23,456", None),
            ("", None),
            ("$", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(dollars(text).map(Cents::get), cents, "{text}");
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
