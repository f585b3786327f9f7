//! Owns the pages about a payment by card that are ours: where it stands, that it cannot be made
//! now, and the demonstration's payment page.

use tera::{Context, Value};

use super::frame::put;
use super::{ComposeError, Composer, Inner, format};
use crate::config::Association;
use crate::domain::money::Cents;
use crate::domain::words::Lang;

/// Facts of [`super::Page::Card`].
#[derive(Debug, Clone)]
pub struct CardPage<'a> {
    /// Who bills.
    pub issuer: &'a Association,
    /// What the page says.
    pub shows: CardShows,
    /// How much is asked.
    pub amount: Cents,
    /// The renewal's own page, where the payer's link is known.
    pub back: &'a str,
}

/// What a page about a payment by card says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardShows {
    /// The demonstration's payment page: pay, decline, leave.
    Demo,
    /// The payer is back; the bank's word is not here yet.
    Waiting,
    /// Paid; the receipt comes by mail.
    Paid,
    /// It was paid before: the money goes back by itself.
    Back,
    /// A person looks at the money.
    Desk,
    /// It was not paid, and cannot be any more.
    Ended,
    /// The payer left the payment page, and can go back to it.
    Left,
    /// The provider does not answer: pay otherwise, or later.
    Down,
    /// Nothing is to be paid here.
    NothingOwed,
}

impl CardShows {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Demo,
        Self::Waiting,
        Self::Paid,
        Self::Back,
        Self::Desk,
        Self::Ended,
        Self::Left,
        Self::Down,
        Self::NothingOwed,
    ];

    /// The page's name, as in the locales.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "card-demo",
            Self::Waiting => "card-waiting",
            Self::Paid => "card-paid",
            Self::Back => "card-back",
            Self::Desk => "card-desk",
            Self::Ended => "card-ended",
            Self::Left => "card-left",
            Self::Down => "card-down",
            Self::NothingOwed => "card-nothing-owed",
        }
    }

    pub(super) const fn template(self) -> &'static str {
        if matches!(self, Self::Demo) { "card-demo" } else { "card" }
    }
}

impl Composer {
    /// What a payer reads beside the amount on the provider's page. Names no person.
    pub fn card_line(&self, issuer: &Association, lang: Lang) -> Result<String, ComposeError> {
        let season = &self.0.relance.season.id;
        let facts = [("season", season.as_str()), ("short", issuer.short.get(lang))];
        self.0.engine.words.say(lang, "card-line", &facts)
    }
}

impl Inner {
    pub(super) fn card(context: &mut Context, lang: Lang, page: &CardPage<'_>) {
        put(context, "amount", &format::money(lang, page.amount));
        put(context, "back", page.back);
        context.insert_value("retry", Value::from(page.shows == CardShows::Down));
    }
}
