//! Owns the keys of `associations.toml`.

use super::Need::Required;
use super::{Form, Key, Need, default, optional, optional_tables, required, table, tables};
use crate::domain::money::CENTS_MAX;

const LINE: Form = Form::Line { empty: false };
const LANG: Form = Form::Word(&["en", "fr"]);

pub(super) const KEYS: &[Key] = &[
    tables("association[]", "One `[[association]]`."),
    required(
        "association[].code",
        Form::Code,
        r#""OPPI""#,
        "Short code, as in the member list: `OPPI`.",
    ),
    required(
        "association[].name",
        Form::Text,
        r#"{ en = "Ontario Professional Planners Institute" }"#,
        "Full name.",
    ),
    required(
        "association[].short",
        Form::Text,
        r#"{ en = "OPPI" }"#,
        "Short name as members know it (`CIP`, in French `ICU`).",
    ),
    table(
        "association[].french",
        Required,
        "French short forms with their article, since software cannot elide.",
    ),
    required("association[].french.the", LINE, r#""l’OPPI""#, "With its article: `l’ICU`."),
    required("association[].french.of", LINE, r#""de l’OPPI""#, "After « de »: `de l’ICU`."),
    required("association[].french.to", LINE, r#""à l’OPPI""#, "After « à »: `à l’ICU`."),
    required(
        "association[].zone",
        Form::Zone,
        r#""America/Toronto""#,
        "Time zone of its calendar (IANA name).",
    ),
    default(
        "association[].provinces",
        Form::Provinces,
        "[]",
        "Provinces and territories whose members belong here (postal codes: `ON`); empty for the \
         national body.",
    ),
    required(
        "association[].language",
        LANG,
        r#""en""#,
        "Language for members whose own is not known.",
    ),
    table("association[].desk", Required, "The desk that answers for it."),
    required(
        "association[].desk.name",
        Form::Text,
        r#"{ en = "Membership desk", fr = "Service des adhésions" }"#,
        "What members call it: “Membership desk”, « Service des adhésions ».",
    ),
    required(
        "association[].desk.email",
        Form::Email,
        r#""membership@oppi.example.ca""#,
        "Its address: questions are forwarded there.",
    ),
    required("association[].desk.phone", LINE, r#""416-555-0100""#, "Its telephone."),
    required(
        "association[].desk.language",
        LANG,
        r#""en""#,
        "Language of what is written to the desk.",
    ),
    optional_tables("association[].desk.closure[]", "Days on which nobody is at the desk."),
    required("association[].desk.closure[].from", Form::Date, r#""2026-12-24""#, "First day."),
    required("association[].desk.closure[].until", Form::Date, r#""2027-01-01""#, "Last day."),
    optional(
        "association[].desk.closure[].deputy",
        Form::Code,
        r#""CIP""#,
        "Code of the association whose desk gets this one's mail meanwhile; left out: the national \
         one.",
    ),
    required(
        "association[].postal_address",
        LINE,
        r#""1 Example Street, Toronto ON  M5X 0A0""#,
        "Postal address, on every mail (Canada's anti-spam law).",
    ),
    required(
        "association[].website",
        Form::Url,
        r#""https://oppi.example.ca""#,
        "Public web site, on every mail.",
    ),
    required(
        "association[].from_address",
        Form::Email,
        r#""renewal@oppi.example.ca""#,
        "Address in `From`.",
    ),
    required(
        "association[].list_id",
        Form::Domain,
        r#""renewal.oppi.example.ca""#,
        "`List-Id` of its mail (RFC 2919): `renewal.oppi.example.ca`.",
    ),
    optional(
        "association[].link_base",
        Form::Url,
        r#""https://renew.oppi.example.ca""#,
        "Where its links lead, on the same domain as `From`; left out: `web.base_url`.",
    ),
    optional(
        "association[].transfer_to",
        Form::Email,
        r#""payments@oppi.example.ca""#,
        "Address to which electronic transfers go; left out: its invoices speak of cheques only.",
    ),
    default(
        "association[].bills_for",
        Form::Codes,
        "[]",
        "Codes of other bodies whose dues stand on this association's invoice.",
    ),
    default(
        "association[].optional_bodies",
        Form::Codes,
        "[]",
        "Codes among `bills_for` whose dues a member may leave out.",
    ),
    default(
        "association[].insurance_needs",
        Form::Codes,
        "[]",
        "Codes among `optional_bodies` without whose membership there is no insurance: leaving \
         one out leaves the premium out too.",
    ),
    default(
        "association[].late_fee_cents",
        Form::Int(0, CENTS_MAX),
        "0",
        "Fee for renewing after the season's `lapses`, in cents; a line of its own.",
    ),
    default(
        "association[].overdue_fee_cents",
        Form::Int(0, CENTS_MAX),
        "0",
        "Fee where an invoice is not paid by its day, in cents; an invoice of its own.",
    ),
    default(
        "association[].admission_shares",
        Form::Shares,
        "[]",
        "What of the dues somebody owes who was admitted during the membership year, in percent \
         by the month of `since`: twelve numbers, for its first month to its last; empty: all of \
         it. The premium is never shared so.",
    ),
    table("association[].tax", Need::Optional, "Its place in the tax system."),
    default(
        "association[].tax.registrations",
        Form::Registrations,
        "{}",
        "The body's registration numbers, by the names that `[[tax]]` uses. A tax for which it \
         has none is not charged.",
    ),
    default(
        "association[].tax.dues_taxable",
        Form::Bool,
        "false",
        "Whether its dues are taxable. Dues that keep a professional status of law are exempt \
         unless the body has elected otherwise; a category can say its own.",
    ),
    tables("association[].category[]", "Categories of membership and what each owes."),
    required(
        "association[].category[].code",
        Form::Code,
        r#""full""#,
        "Code, as in the member list: `full`.",
    ),
    required(
        "association[].category[].name",
        Form::Text,
        r#"{ en = "full member", fr = "membre à part entière" }"#,
        "What members call it, as it stands within a sentence.",
    ),
    required(
        "association[].category[].dues_cents",
        Form::Int(0, CENTS_MAX),
        "30000",
        "Dues for one season, in cents.",
    ),
    optional(
        "association[].category[].dues_taxable",
        Form::Bool,
        "true",
        "Whether these dues are taxable; left out: as `tax.dues_taxable` says.",
    ),
    default(
        "association[].category[].pli",
        Form::Word(&["none", "optional", "included"]),
        r#""none""#,
        "Professional liability insurance in this category.",
    ),
    default(
        "association[].category[].premium_cents",
        Form::Int(0, CENTS_MAX),
        "0",
        "Premium for one season, in cents, where `pli` is not `none`.",
    ),
    optional_tables("tax[]", "One `[[tax]]`: one rate of one tax, for a time, in some places."),
    required(
        "tax[].code",
        Form::Code,
        r#""HST""#,
        "Code of the tax: `HST`. Another rate of it is another `[[tax]]` of the same code.",
    ),
    required(
        "tax[].name",
        Form::Text,
        r#"{ en = "HST", fr = "TVH" }"#,
        "What members call it: `HST`, `TVH`.",
    ),
    optional(
        "tax[].registration",
        Form::Id,
        r#""gst""#,
        "Which of a body's `registrations` lets it charge this tax, and is shown beside it; left \
         out: none is needed (a tax that the insurer charges).",
    ),
    required(
        "tax[].kinds",
        Form::Words(&["dues", "premium", "penalty"]),
        r#"["dues"]"#,
        "Lines on which it falls due: `dues`, `premium`, `penalty`.",
    ),
    required(
        "tax[].places",
        Form::Places,
        r#"["ON"]"#,
        "Where the member lives: provinces and territories, or `abroad` for all outside Canada.",
    ),
    required(
        "tax[].rate",
        Form::Percent,
        r#""13""#,
        "The rate in percent, as a decimal number in quotation marks: `\"9.975\"`.",
    ),
    required(
        "tax[].from",
        Form::Date,
        r#""2010-07-01""#,
        "First day of this rate. The invoice's day counts.",
    ),
    optional(
        "tax[].until",
        Form::Date,
        r#""2026-12-31""#,
        "Last day of this rate; left out: none is known.",
    ),
];
