//! Owns the shape of `[retention]`: how long what names people is kept. Every doc comment below is
//! the config reference's text for its key.

use serde::Deserialize;

/// `[retention]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionSection {
    /// Months after which sender, subject and text of a mail that came in are forgotten; when it
    /// came and what it led to stays. Two seasons, so that a desk can look back at the last one.
    /// 0: never.
    pub inbound_months: u32,
    /// Months after which the address of a mail that went out is forgotten; that it went, when
    /// and about what stays. As long as somebody may dispute that a last call was sent. 0: never.
    pub attempt_months: u32,
    /// Months after which the addresses of card checkouts and the notes of card events are
    /// forgotten; payments stay. Past every chargeback. 0: never.
    pub checkout_months: u32,
    /// Months after which what stands in a closed desk line is forgotten; that it was there
    /// stays. 0: never.
    pub task_months: u32,
    /// Months after which a correction that the list has taken over, or an address change that is
    /// over, is forgotten. 0: never.
    pub correction_months: u32,
}

impl Default for RetentionSection {
    fn default() -> Self {
        Self {
            inbound_months: 24,
            attempt_months: 36,
            checkout_months: 24,
            task_months: 24,
            correction_months: 24,
        }
    }
}
