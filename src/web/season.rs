//! Owns the public page of a season's dates and senders, by which anybody can tell whether a mail
//! is ours. About nobody, from the config alone, so that proxies may keep it.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::Site;
use super::ask::Ask;
use crate::compose::{Page, SeasonBody, SeasonPage, SeasonStep};
use crate::config::Config;
use crate::domain::season;
use crate::scheduler::calendar;

/// What a cache may do with the page: an hour is soon enough for a changed calendar.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// GET.
pub(super) async fn show(ask: Ask, State(site): State<Site>) -> Response {
    let mut bodies = bodies(&site.context.config);
    bodies.retain(|body| !body.steps.is_empty());
    let mut response = ask.page(&site, 200, &Page::Season(SeasonPage { bodies }));
    if response.status().is_success() {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, KEEP);
        headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    }
    response
}

/// Each association with every step of the season, by date.
fn bodies(config: &Config) -> Vec<SeasonBody<'_>> {
    let season = &config.relance.season;
    let all = calendar::between(config, season::opens(season), season::ends(season));
    let all = all.unwrap_or_else(|e| {
        tracing::error!(reason = %e, "web.season_without_dates");
        Vec::new()
    });
    let steps = |code: &str| {
        let own = all.iter().filter(|n| n.issuer.code == code);
        own.map(|n| SeasonStep { kind: n.schedule.kind, at: n.due, zone: n.zone }).collect()
    };
    let bodies = config.associations.iter();
    bodies.map(|issuer| SeasonBody { issuer, steps: steps(&issuer.code) }).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_association_of_the_sample_has_its_dates() {
        let config = crate::domain::billing::tests::federation();
        let bodies = super::bodies(&config);
        assert_eq!(bodies.len(), config.associations.len());
        for body in &bodies {
            let dates: Vec<_> = body.steps.iter().map(|s| s.at).collect();
            assert!(!dates.is_empty() && dates.is_sorted(), "{}", body.issuer.code);
        }
    }
}
