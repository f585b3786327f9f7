//! Owns the words by which mail programs introduce what they quote: attributions, header blocks,
//! separators, signatures. Data only, folded; one row a language or program. The rules that use
//! them are in `trim`.

/// How the line that introduces a quote begins and ends, by language: `On … wrote:`. An empty
/// beginning is any.
pub const ATTRIBUTIONS: &[(&[&str], &[&str])] = &[
    // English
    (
        &["on ", "at ", "in a message dated ", "quoting "],
        &["wrote:", "wrote", "writes:", "sent:", "said:", ">:"],
    ),
    // French
    (&["le ", "en date du ", "a la date du "], &["a ecrit :", "a ecrit:", "a ecrit", "ecrivait :"]),
    // German, Dutch
    (&["am ", "on ", ""], &["schrieb:", "schrieb"]),
    (&["op ", "on "], &["schreef:", "schreef", "geschreven:", "het volgende geschreven:"]),
    // Spanish, Portuguese, Italian, Romanian
    (&["el ", "on "], &["escribio:", "escribio", "ha escrit:", "va escriure:"]),
    (&["em ", "a ", "no dia ", "on "], &["escreveu:", "escreveu"]),
    (&["il ", "in data ", "on "], &["ha scritto:", "ha scritto"]),
    (&["in ", "pe ", "la ", "on "], &["a scris:", "a scris"]),
    // Danish, Norwegian, Swedish, Finnish
    (&["den ", "on ", "pa "], &["skrev:", "skrev", "skrev folgende:"]),
    (&[""], &["kirjoitti:"]),
    // Polish, Czech, Hungarian, Ukrainian, Russian
    (
        &["dnia ", "w dniu ", "on ", ""],
        &["napisał(a):", "napisał:", "napisała:", "pisze:", "napisal(a):"],
    ),
    (
        &[""],
        &[
            "napsal(a):",
            "napsal:",
            "irta:",
            "ezt irta",
            "пише:",
            "написал:",
            "написал(а):",
            "написав:",
            "napisał(a)",
        ],
    ),
    // Vietnamese, Chinese, Japanese, Arabic
    (&["vao "], &["đa viết:", "đa viet:", "da viet:"]),
    (&[""], &["写道:", "写道：", "寫道：", "寫道:", "のメール:", "のメール：", "كتب:", "كتب"]),
];

/// Words that end an attribution which names a person and nothing else: `Jean Roy wrote:`.
pub const SAID: &[&str] =
    &["wrote:", "writes:", "a ecrit :", "a ecrit:", "schrieb:", "wrote ----", "wrote ---"];

/// What each field of a quoted header block is called. Two different kinds make a block.
pub const FIELDS: &[(Field, &[&str])] = &[
    (
        Field::From,
        &[
            "from",
            "de",
            "von",
            "da",
            "van",
            "fra",
            "od",
            "expediteur",
            "от",
            "från",
            "fran",
            "lahettaja",
            "message de",
            "reply from",
            "发件人",
            "寄件者",
            "差出人",
        ],
    ),
    (
        Field::Sent,
        &[
            "sent",
            "date",
            "envoye",
            "envoye le",
            "gesendet",
            "datum",
            "inviato",
            "data",
            "enviado",
            "enviado el",
            "enviada em",
            "verzonden",
            "sendt",
            "skickat",
            "fecha",
            "wysłano",
            "wysłany",
            "dato",
            "message du",
            "date d'envoi",
            "sent at",
            "lahetetty",
            "дата",
            "发送时间",
            "日期",
            "送信日時",
            "paivays",
        ],
    ),
    (
        Field::To,
        &[
            "to",
            "a",
            "an",
            "aan",
            "til",
            "do",
            "para",
            "pour",
            "till",
            "кому",
            "destinataire",
            "destinataires",
            "vastaanottaja",
            "收件人",
            "宛先",
            "à",
        ],
    ),
    (
        Field::Subject,
        &[
            "subject",
            "objet",
            "sujet",
            "betreff",
            "oggetto",
            "onderwerp",
            "asunto",
            "assunto",
            "emne",
            "amne",
            "temat",
            "тема",
            "aihe",
            "主题",
            "主旨",
            "件名",
            "re",
        ],
    ),
    (
        Field::Other,
        &[
            "cc",
            "cci",
            "bcc",
            "reply-to",
            "repondre a",
            "copie a",
            "copie",
            "risposta",
            "importance",
            "attachments",
            "pieces jointes",
            "kopia",
            "kopie",
        ],
    ),
];

/// A kind of field in a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Who wrote it.
    From,
    /// When.
    Sent,
    /// To whom.
    To,
    /// About what.
    Subject,
    /// Others, which do not open a block.
    Other,
}
