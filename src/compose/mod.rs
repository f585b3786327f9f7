//! Owns words on their way out: one bilingual message, or one page in one language, from facts,
//! templates (tera, structure only) and locales (Fluent, every word). Never decides anything,
//! never reads the store or a clock.

mod facts;

pub use facts::{
    Bill, Composed, Correspondent, Forwarded, Line, LineKind, Links, MailFacts, MailIds, MailKind,
    PersonFacts, Said,
};
