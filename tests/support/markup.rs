//! Owns reading a page or an HTML mail of ours: only elements and attributes that our templates
//! have, each in its place, nothing that a browser or a terminal would obey in the text between.

/// Elements that the templates have.
const ELEMENTS: &str = "a article blockquote body br button caption dd details div dl dt fieldset \
    footer form h1 h2 h3 head header hr html input label legend li main meta nav ol option p pre \
    section select span strong style summary sup table tbody td textarea tfoot th thead title tr ul";
/// Attributes that the templates have. None runs anything.
const ATTRIBUTES: &str = "action align aria-current aria-describedby aria-hidden aria-invalid \
    aria-label aria-labelledby autocapitalize autocomplete autofocus bgcolor border cellpadding \
    cellspacing charset checked class colspan content disabled for hidden href hreflang \
    http-equiv id inputmode lang max maxlength method min name open placeholder rel required role \
    rows scope selected spellcheck style tabindex title type value width";
/// Where a link may lead.
const SCHEMES: [&str; 7] = ["/", "#", "?", "http://", "https://", "mailto:", "tel:"];

/// Every element with its attributes' names, in order: two pages of one shape have the same. An
/// error says what stands there that no template put there.
pub fn skeleton(html: &str) -> Result<Vec<String>, String> {
    let mut out = Vec::new();
    let mut rest = html.strip_prefix("<!DOCTYPE html>").unwrap_or(html);
    while let Some(at) = rest.find('<') {
        text(&rest[..at])?;
        let (tag, after) = tag(&rest[at + 1..])?;
        let raw = tag.starts_with("style") || tag.starts_with("title");
        out.push(tag);
        rest = after;
        if raw {
            // No element in there; what it holds is ours.
            rest = &rest[rest.find("</").ok_or("an element without end")?..];
        }
    }
    text(rest)?;
    Ok(out)
}

/// What stands between two elements.
fn text(text: &str) -> Result<(), String> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let obeyed = |c: char| turns(c) || (c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
    match text.find(obeyed).or_else(|| text.find('>')) {
        None => Ok(()),
        Some(at) => Err(format!("{:?}", text[at..].chars().take(60).collect::<String>())),
    }
}

/// Reads one element's beginning or end, and gives what follows it.
fn tag(from: &str) -> Result<(String, &str), String> {
    let fault = |what: &str| format!("{what}: <{}", from.chars().take(80).collect::<String>());
    let end = from.find(|c: char| !(c.is_ascii_alphanumeric() || c == '/'));
    let (name, mut rest) = from.split_at(end.ok_or_else(|| fault("no end"))?);
    let bare = name.strip_prefix('/').unwrap_or(name);
    if !ELEMENTS.split_whitespace().any(|known| known == bare) {
        return Err(fault("no element of ours"));
    }
    let mut shape = name.to_owned();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('>').or_else(|| rest.strip_prefix("/>")) {
            return Ok((shape, after));
        }
        let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '-'));
        let (key, after) = rest.split_at(end.ok_or_else(|| fault("no end"))?);
        if !ATTRIBUTES.split_whitespace().any(|known| known == key) {
            return Err(fault("no attribute of ours"));
        }
        shape.push(' ');
        shape.push_str(key);
        rest = after;
        let Some(quoted) = rest.strip_prefix('=') else { continue };
        let quoted = quoted.strip_prefix('"').ok_or_else(|| fault("a value without quotes"))?;
        let (value, after) = quoted.split_once('"').ok_or_else(|| fault("a value without end"))?;
        text(value)?;
        let leads = matches!(key, "href" | "action");
        if value.contains('<') || leads && !SCHEMES.iter().any(|s| value.starts_with(s)) {
            return Err(fault("such a value"));
        }
        rest = after;
    }
}
