//! Owns the keys of `associations.toml`.

use super::Need::{Optional, Required};
use super::{Form, Key, default, optional, required, table, tables};
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
    Key {
        path: "association[].desk.closure[]",
        form: Form::Tables,
        need: Optional,
        example: "",
        doc: "Days on which nobody is at the desk.",
    },
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
    default(
        "association[].bills_for",
        Form::Codes,
        "[]",
        "Codes of other bodies whose dues stand on this association's invoice.",
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
        r#"{ en = "Full member", fr = "Membre à part entière" }"#,
        "What members call it.",
    ),
    required(
        "association[].category[].dues_cents",
        Form::Int(0, CENTS_MAX),
        "30000",
        "Dues for one season, in cents.",
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
];
