//! Owns the words by which mail programs introduce what they quote: attributions, header blocks,
//! separators, signatures. Data only, folded; one row a language or program. The rules that use
//! them are in `trim`.

/// How the line that introduces a quote begins and ends, by language: `On … wrote:`. An empty
/// beginning is any.
pub const ATTRIBUTIONS: &[(&[&str], &[&str])] = &[
    // English
    (&["on ", "at "], &["wrote:", "wrote", "writes:", "sent:", "said:"]),
    // French
    (&["le ", "en date du ", "a la date du "], &["a ecrit :", "a ecrit:", "a ecrit", "ecrit :", "ecrivait :", "ecrit:"]),
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
    (&["dnia ", "w dniu ", "on ", ""], &["napisał(a):", "napisał:", "napisała:", "pisze:", "napisal(a):"]),
    (&[""], &["napsal(a):", "napsal:", "irta:", "ezt irta", "пише:", "написал:", "написал(а):", "написав:", "napisał(a)"]),
    // Vietnamese, Chinese, Japanese, Arabic
    (&["vao "], &["đa viết:", "đa viet:", "da viet:"]),
    (&[""], &["写道:", "写道：", "寫道：", "寫道:", "のメール:", "のメール：", "كتب:", "كتب"]),
];

/// Words that end an attribution which names a person and nothing else: `Jean Roy wrote:`.
pub const SAID: &[&str] = &["wrote:", "writes:", "a ecrit :", "a ecrit:", "schrieb:", "wrote ----", "wrote ---"];

/// What each field of a quoted header block is called. Two different kinds make a block.
pub const FIELDS: &[(Field, &[&str])] = &[
    (Field::From, &["from", "de", "von", "da", "van", "fra", "od", "expediteur", "от", "från", "fran", "lahettaja", "message de", "reply from", "发件人", "寄件者", "差出人"]),
    (Field::Sent, &["sent", "date", "envoye", "envoye le", "gesendet", "datum", "inviato", "data", "enviado", "enviado el", "enviada em", "verzonden", "sendt", "skickat", "fecha", "wysłano", "wysłany", "dato", "message du", "date d'envoi", "sent at", "lahetetty", "дата", "发送时间", "日期", "送信日時", "paivays"]),
    (Field::To, &["to", "a", "an", "aan", "til", "do", "para", "pour", "till", "кому", "destinataire", "destinataires", "vastaanottaja", "收件人", "宛先", "à"]),
    (Field::Subject, &["subject", "objet", "sujet", "betreff", "oggetto", "onderwerp", "asunto", "assunto", "emne", "amne", "temat", "тема", "aihe", "主题", "主旨", "件名", "re"]),
    (Field::Other, &["cc", "cci", "bcc", "reply-to", "repondre a", "copie a", "copie", "risposta", "importance", "attachments", "pieces jointes", "kopia", "kopie"]),
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

/// Separators before the mail answered to; the line holds nothing else but dashes and stars.
pub const SEPARATORS: &[&str] = &[
    "original message", "reply message", "forwarded message", "message d'origine", "message original",
    "message initial", "message transfere", "message reexpedie", "ursprungliche nachricht",
    "originalnachricht", "ursprüngliche nachricht", "mensaje original", "mensagem original",
    "messaggio originale", "messaggio inoltrato", "oorspronkelijk bericht", "oprindelig meddelelse",
    "opprinnelig melding", "ursprungligt meddelande", "alkuperainen viesti", "original appointment",
    "rendez-vous d'origine", "courriel d'origine", "courriel original", "weitergeleitete nachricht",
    "wiadomosc oryginalna", "原始邮件", "begin forwarded message", "debut du message reexpedie",
    "debut du message transfere", "in reply to", "please reply above this line",
    "reply above this line", "repondez au-dessus de cette ligne", "ecrivez au-dessus de cette ligne",
    "original email", "vorige bericht",
];

/// Lines that mail programs add below what was written.
pub const DEVICES: &[&str] = &[
    // English
    "sent from my", "sent from mail for", "sent from outlook", "sent from yahoo", "sent from samsung",
    "sent from the", "sent from a ", "sent from iphone", "sent from ipad", "sent from android",
    "sent with", "sent using", "sent via", "sent by", "get outlook for", "sent on the go",
    "sent on the", "sent from aol", "sent from gmail", "sent from proton", "sent from blue",
    "sent from spark", "sent from windows", "sent while mobile", "sent from mobile",
    "from my iphone", "from my ipad", "from my android", "from mobile",
    "download outlook", "get bluemail", "typed on", "unsubscribe from",
    // French
    "envoye de mon", "envoye depuis", "envoye a partir", "envoye avec", "envoye par", "envoye via",
    "envoye de", "obtenir outlook", "obtenez outlook", "telecharger outlook", "telechargez outlook",
    "provenance : courrier pour", "provenance: courrier pour", "transmis de mon", "depuis mon iphone",
    "de mon iphone", "ecrit depuis mon", "expedie de mon",
    // Others
    "von meinem", "gesendet von", "enviado desde", "enviado do", "enviado de mi", "enviado via",
    "inviato da", "verzonden vanaf", "sendt fra", "skickat fran", "wysłane z", "wyslane z", "odeslano z",
    "trimis de pe", "lahetetty", "диалогов", "отправлено с", "az iphone-omrol",
];

/// Words that close a letter.
pub const CLOSINGS: &[&str] = &[
    "regards", "best regards", "kind regards", "warm regards", "cordially", "sincerely",
    "cordialement", "bien cordialement", "salutations", "best", "cheers", "bien a vous",
];
