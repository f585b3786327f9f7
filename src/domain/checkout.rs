//! Owns what a try to pay by card may become: whether a press of the button opens a new payment
//! page or shows the one there is, and what the provider's word does. Knows no provider.

use jiff::{SignedDuration, Timestamp};

use super::money::Cents;
use super::words::RenewalState;

/// How long a payment page takes a card, in minutes. Short, so that a price of yesterday is not
/// paid tomorrow; providers want half an hour at least.
pub const PAGE_MINUTES: i64 = 60;
/// A page with less time than this left is not shown again: nobody finds their card in it.
const PAGE_LEFT_MINUTES_MIN: i64 = 10;
/// A call that was never answered is made again under the same key within this time. Later the
/// page would end sooner than the provider allows.
const SAME_KEY_MINUTES: i64 = 20;
/// A clock may be set back a little; by more, nothing is known of a try's age.
const CLOCK_BEHIND_MINUTES_MAX: i64 = 10;

/// When the payment page of a try made at `created` ends.
#[must_use]
pub fn page_ends(created: Timestamp) -> Timestamp {
    created.checked_add(SignedDuration::from_mins(PAGE_MINUTES)).unwrap_or(Timestamp::MAX)
}

/// Where a try stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutState {
    /// Committed here; the provider has not answered. Nobody has seen a payment page.
    New,
    /// The payer was sent to the payment page.
    Open,
    /// The provider has the money.
    Paid,
    /// Its time ran out, or it was taken back.
    Expired,
    /// It did not come about, or its payment did not.
    Failed,
}

impl CheckoutState {
    const ALL: [Self; 5] = [Self::New, Self::Open, Self::Paid, Self::Expired, Self::Failed];

    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Open => "open",
            Self::Paid => "paid",
            Self::Expired => "expired",
            Self::Failed => "failed",
        }
    }

    /// The state with that text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Whether money may still come by it.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::New | Self::Open)
    }
}

/// What is to be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The invoice's row, where there is one.
    pub invoice: Option<i64>,
    /// The renewal's version.
    pub version: i64,
    /// How much.
    pub amount: Cents,
}

/// A try that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// New or open.
    pub state: CheckoutState,
    /// What it is for.
    pub wanted: Wanted,
    /// When it was made.
    pub since: Timestamp,
}

/// What a press of the button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// Make a new try.
    Begin,
    /// Call again with the same key: the first call was never answered.
    CallAgain,
    /// Show the payment page that there is.
    Show,
    /// Take the old try back at the provider, then make a new one.
    Replace,
    /// Close the old try, whose page nobody has seen, and make a new one.
    GiveUp,
}

/// Weighs a press against the try that is under way, if any.
#[must_use]
pub fn press(there: Option<&UnderWay>, wanted: &Wanted, now: Timestamp) -> Press {
    let Some(there) = there else { return Press::Begin };
    let age = now.duration_since(there.since);
    let known = age >= -SignedDuration::from_mins(CLOCK_BEHIND_MINUTES_MAX);
    let within = |minutes: i64| known && age < SignedDuration::from_mins(minutes);
    let same = there.wanted == *wanted;
    match there.state {
        CheckoutState::New if same && within(SAME_KEY_MINUTES) => Press::CallAgain,
        CheckoutState::New => Press::GiveUp,
        CheckoutState::Open if same && within(PAGE_MINUTES - PAGE_LEFT_MINUTES_MIN) => Press::Show,
        CheckoutState::Open => Press::Replace,
        CheckoutState::Paid | CheckoutState::Expired | CheckoutState::Failed => Press::Begin,
    }
}

/// What the provider says of a payment page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// It waits for the payer, or for the bank.
    Waiting,
    /// The money is there.
    Paid {
        /// How much.
        cents: i64,
        /// In which currency: three capital letters.
        currency: String,
    },
    /// Its time ran out.
    Expired,
    /// The payment did not come about.
    Failed,
}

/// Where a try and its debt stand when the provider speaks.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The try.
    pub state: CheckoutState,
    /// The payment page that we know of, by the provider's id.
    pub session: Option<&'a str>,
    /// How much was asked.
    pub amount: Cents,
    /// In which currency.
    pub currency: &'a str,
    /// The renewal that is paid for.
    pub renewal: RenewalState,
}

/// Why money is not taken as the payment that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// The debt was paid already: this goes back to the payer.
    Double,
    /// Another amount or currency than was asked.
    Amount,
    /// By another payment page than the one made for this try.
    Session,
    /// The member renews no longer, or the desk is deciding.
    NotOwed,
}

impl Odd {
    /// Stable text form.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Double => "double",
            Self::Amount => "amount",
            Self::Session => "session",
            Self::NotOwed => "not-owed",
        }
    }
}

/// What the provider's word does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Nothing: known, or overtaken.
    Nothing,
    /// The try ends unpaid; the renewal stays as it was.
    Ends(CheckoutState),
    /// Record the payment.
    Record,
    /// The money is there and a person must look at it.
    Look(Odd),
}

/// Weighs the provider's word about one payment page. Words may come twice, late, or in another
/// order than they were spoken.
#[must_use]
pub fn hear(standing: &Standing<'_>, session: &str, word: &Word) -> Heard {
    if standing.state == CheckoutState::Paid {
        return Heard::Nothing;
    }
    let known = standing.session.is_none_or(|ours| ours == session);
    match word {
        Word::Waiting => Heard::Nothing,
        Word::Expired | Word::Failed if !known || !standing.state.is_under_way() => Heard::Nothing,
        Word::Expired => Heard::Ends(CheckoutState::Expired),
        Word::Failed => Heard::Ends(CheckoutState::Failed),
        Word::Paid { .. } if !known => Heard::Look(Odd::Session),
        Word::Paid { cents, currency } => {
            if *cents != standing.amount.get() || currency != standing.currency {
                return Heard::Look(Odd::Amount);
            }
            match standing.renewal {
                RenewalState::Paid => Heard::Look(Odd::Double),
                RenewalState::NotRenewing | RenewalState::WithDesk => Heard::Look(Odd::NotOwed),
                RenewalState::Open | RenewalState::Pledged | RenewalState::Lapsed => Heard::Record,
            }
        }
    }
}

/// How money goes back by the provider's doing, or by the bank's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Back {
    /// The desk gave it back at the provider; the amount is that of all refunds of the payment so
    /// far.
    RefundedInAll,
    /// The card's holder had it taken back.
    Disputed,
    /// What was disputed is ours again.
    Reinstated,
}

/// What of a payment is to be taken back now: `told` was told of it, `paid` came once, `left` is
/// left of it in our books. What a person recorded before we were told is not taken back twice.
#[must_use]
pub fn to_take_back(how: Back, told: Cents, paid: Cents, left: Cents) -> Cents {
    let more = match how {
        Back::RefundedInAll => told.get() - (paid.get() - left.get()),
        Back::Disputed => told.get(),
        Back::Reinstated => 0,
    };
    Cents::new(more.clamp(0, left.get().max(0))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        let start: Timestamp = "2026-11-03T14:00:00Z".parse().unwrap();
        start + SignedDuration::from_mins(minutes)
    }

    fn wanted(version: i64, cents: i64) -> Wanted {
        Wanted { invoice: None, version, amount: Cents::new(cents).unwrap() }
    }

    #[test]
    fn presses() {
        use CheckoutState::{Expired, Failed, New, Open, Paid};
        let (same, moved, dearer) = (wanted(1, 500), wanted(2, 500), wanted(1, 600));
        let invoiced = Wanted { invoice: Some(7), ..same };
        let table = [
            ("nothing there", None, same, 0, Press::Begin),
            ("never answered", Some(New), same, 19, Press::CallAgain),
            ("too late for the same key", Some(New), same, 20, Press::GiveUp),
            ("never answered, and changed", Some(New), moved, 1, Press::GiveUp),
            ("pressed twice", Some(Open), same, 0, Press::Show),
            ("pressed within its time", Some(Open), same, 49, Press::Show),
            ("about to end", Some(Open), same, 50, Press::Replace),
            ("a clock a little behind", Some(New), same, -10, Press::CallAgain),
            ("a clock far behind", Some(Open), same, -11, Press::Replace),
            ("the renewal changed", Some(Open), moved, 1, Press::Replace),
            ("the price changed", Some(Open), dearer, 1, Press::Replace),
            ("an invoice came", Some(Open), invoiced, 1, Press::Replace),
            ("it failed", Some(Failed), same, 1, Press::Begin),
            ("it expired", Some(Expired), same, 1, Press::Begin),
            ("it was paid", Some(Paid), same, 1, Press::Begin),
        ];
        for (name, state, now_wanted, minutes, want) in table {
            let there = state.map(|state| UnderWay { state, wanted: same, since: at(0) });
            assert_eq!(press(there.as_ref(), &now_wanted, at(minutes)), want, "{name}");
        }
    }

    #[test]
    fn words() {
        use CheckoutState::{Expired, Failed, New, Open, Paid};
        use RenewalState as R;
        let paid = |cents| Word::Paid { cents, currency: "CAD".into() };
        let usd = Word::Paid { cents: 500, currency: "USD".into() };
        let ours = Some("cs_1");
        let table = [
            ("paid", Open, ours, R::Open, paid(500), Heard::Record),
            ("before we knew the page", New, None, R::Open, paid(500), Heard::Record),
            ("an invoice by card", Open, ours, R::Pledged, paid(500), Heard::Record),
            ("after lapse", Open, ours, R::Lapsed, paid(500), Heard::Record),
            ("after we gave it up", Failed, ours, R::Open, paid(500), Heard::Record),
            ("after “expired”", Expired, ours, R::Open, paid(500), Heard::Record),
            ("told twice", Paid, ours, R::Paid, paid(500), Heard::Nothing),
            ("paid elsewhere", Open, ours, R::Paid, paid(500), Heard::Look(Odd::Double)),
            ("not renewing", Open, ours, R::NotRenewing, paid(500), Heard::Look(Odd::NotOwed)),
            ("with the desk", Open, ours, R::WithDesk, paid(500), Heard::Look(Odd::NotOwed)),
            ("too little", Open, ours, R::Open, paid(499), Heard::Look(Odd::Amount)),
            ("too much", Open, ours, R::Open, paid(501), Heard::Look(Odd::Amount)),
            ("other money", Open, ours, R::Open, usd, Heard::Look(Odd::Amount)),
            ("other page", Open, Some("cs_2"), R::Open, paid(500), Heard::Look(Odd::Session)),
            ("waits", Open, ours, R::Open, Word::Waiting, Heard::Nothing),
            ("expired", Open, ours, R::Open, Word::Expired, Heard::Ends(Expired)),
            ("failed", Open, ours, R::Open, Word::Failed, Heard::Ends(Failed)),
            ("expired after paid", Paid, ours, R::Paid, Word::Expired, Heard::Nothing),
            ("failed after expired", Expired, ours, R::Open, Word::Failed, Heard::Nothing),
            ("another page expired", Open, Some("cs_2"), R::Open, Word::Expired, Heard::Nothing),
        ];
        for (name, state, session, renewal, word, want) in table {
            let amount = Cents::new(500).unwrap();
            let standing = Standing { state, session, amount, currency: "CAD", renewal };
            assert_eq!(hear(&standing, "cs_1", &word), want, "{name}");
        }
    }

    #[test]
    fn money_that_goes_back() {
        use Back::{Disputed, RefundedInAll, Reinstated};
        let table = [
            ("all of it", RefundedInAll, 500, 500, 500),
            ("a part", RefundedInAll, 200, 500, 200),
            ("a second part", RefundedInAll, 300, 300, 100),
            ("recorded by the desk before", RefundedInAll, 200, 300, 0),
            ("told late, after a later one", RefundedInAll, 100, 200, 0),
            ("more than is left", RefundedInAll, 900, 500, 500),
            ("a dispute", Disputed, 500, 500, 500),
            ("a dispute of what is left", Disputed, 500, 300, 300),
            ("a dispute of nothing left", Disputed, 500, 0, 0),
            ("won", Reinstated, 500, 0, 0),
        ];
        let cents = |c| Cents::new(c).unwrap();
        for (name, how, told, left, want) in table {
            let back = to_take_back(how, cents(told), cents(500), cents(left));
            assert_eq!(back, cents(want), "{name}");
        }
    }

    #[test]
    fn states_survive_their_text() {
        for state in CheckoutState::ALL {
            assert_eq!(CheckoutState::parse(state.as_str()), Some(state));
        }
    }
}
