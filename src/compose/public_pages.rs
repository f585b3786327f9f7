//! Owns the values of the pages for everybody: the front page and its code, the season's dates.

use serde_json::json;
use tera::{Context, Value};

use super::frame::{host, named, put};
use super::text::clean;
use super::{ComposeError, FrontPage, Inner, SeasonPage, SignedInPage};
use crate::config::Association;
use crate::domain::words::Lang;

pub(super) fn front(context: &mut Context, page: &FrontPage<'_>) {
    put(context, "number", &clean(page.number, false));
    put(context, "code", &clean(page.code, false));
    put(context, "postal_typed", &clean(page.postal, false));
}

pub(super) fn signed_in(context: &mut Context, lang: Lang, page: &SignedInPage<'_>) {
    let link = |(body, path): &(&Association, String)| {
        Value::from_serializable(&json!({"name": named(&body.name, lang), "path": path}))
    };
    context.insert_value("pages", Value::from(page.links.iter().map(link).collect::<Vec<_>>()));
}

impl Inner {
    /// Each association's senders and dates, and the address that says whether a mail is ours.
    pub(super) fn season(
        &self,
        context: &mut Context,
        lang: Lang,
        page: &SeasonPage<'_>,
    ) -> Result<(), ComposeError> {
        put(context, "verify", &self.relance.mail.verify_address());
        let mut bodies = Vec::with_capacity(page.bodies.len());
        for body in &page.bodies {
            let mut steps = Vec::with_capacity(body.steps.len());
            for step in &body.steps {
                let at = self.instant(lang, step.at, step.zone)?;
                steps.push(json!({"kind": step.kind.as_str(), "at": at}));
            }
            let covers = body.issuer.bills_for.iter().filter_map(|code| self.body(code));
            let covers: Vec<String> = covers.map(|b| named(&b.name, lang)).collect();
            let base = body.issuer.link_base.as_deref().filter(|b| !b.is_empty());
            bodies.push(Value::from_serializable(&json!({
                "name": named(&body.issuer.name, lang),
                "covers": covers.join(", "),
                "from": body.issuer.from_address,
                "host": host(base.unwrap_or(&self.relance.web.base_url)),
                "steps": steps,
            })));
        }
        context.insert_value("bodies", Value::from(bodies));
        Ok(())
    }
}
