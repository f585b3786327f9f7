//! Owns the shape of `relance.toml`: the machine, the mailbox, the season.
//! Every doc comment below is the config reference's text for its key.

use std::net::SocketAddr;
use std::path::PathBuf;

use jiff::civil::Date;
use serde::Deserialize;

use super::card_section::CardSection;
use super::{InsuranceSection, PaymentSection, RetentionSection, Text};

/// The whole of `relance.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relance {
    /// Who the federation is.
    pub federation: FederationSection,
    /// The season being renewed.
    pub season: SeasonSection,
    /// Professional liability insurance: who carries it, what is asked, and what happens at the
    /// deadline. Left out where no category offers it.
    #[serde(default)]
    pub insurance: Option<InsuranceSection>,
    /// By when invoices are to be paid, and what a payment settles first.
    #[serde(default)]
    pub payment: PaymentSection,
    /// Where state lives.
    #[serde(default)]
    pub state: StateSection,
    /// The members' pages.
    pub web: WebSection,
    /// The operator's own listener: health and metrics.
    #[serde(default)]
    pub admin: AdminSection,
    /// Domains and trust of our mail.
    pub mail: MailSection,
    /// How mail leaves.
    pub smtp: SmtpSection,
    /// How mail comes in.
    pub inbox: InboxSection,
    /// Payment by card.
    #[serde(default)]
    pub card: CardSection,
    /// Templates and words of one's own.
    #[serde(default)]
    pub words: WordsSection,
    /// The desks' digests and their links.
    #[serde(default)]
    pub desk: DeskSection,
    /// How long what names people is kept.
    #[serde(default)]
    pub retention: RetentionSection,
    /// How this host is recognised, so that a copy does not mail.
    #[serde(default)]
    pub host: HostSection,
}

/// `[federation]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FederationSection {
    /// The federation's name in both languages.
    pub name: Text,
    /// Code of the national association, whose desk is the deputy of every other.
    pub national: String,
}

/// `[season]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeasonSection {
    /// Short name of the season, part of every cause: never change it once a step has fired.
    pub id: String,
    /// First day on which a step of this season may fire.
    pub opens: Date,
    /// First day of the membership year and of the insurance cover.
    pub cover_from: Date,
    /// Last day of the membership year and of the insurance cover.
    pub cover_until: Date,
    /// Last day, inclusive, to pay the premium or declare the intent to pay. The deadline is the
    /// instant at which the next day begins in `deadline_zone`.
    pub declare_by: Date,
    /// Time zone of the deadline (IANA name).
    pub deadline_zone: String,
    /// Whose clock the deadline goes by: `policy`, that of `deadline_zone`, for everybody;
    /// `member`, each member's own, by the member list or else their province, as far as it is
    /// known.
    #[serde(default)]
    pub deadline_by: DeadlineBy,
    /// Day at whose end an unanswered membership lapses.
    pub lapses: Date,
    /// Last day to pay what was promised by cheque or on invoice: the season's invoices are due on
    /// it. One that is issued less than `payment.due_days` before it is due so many days after its
    /// own day; left out: so is every one, and steps that count from it count from `lapses`.
    #[serde(default)]
    pub pay_by: Option<Date>,
    /// Last day of late renewals, where the season ends: no step fires after it; left out:
    /// `lapses`.
    #[serde(default)]
    pub closes: Option<Date>,
    /// First day on which a renewal is late, so that a late fee may be due; left out: the day
    /// after `lapses`.
    #[serde(default)]
    pub late_from: Option<Date>,
    /// A firing whose count differs from the approved forecast by more than so many per cent of
    /// it is held until a person decides.
    #[serde(default = "default_surprise_percent")]
    pub surprise_percent_max: u32,
    /// A difference of no more than so many recipients is never a surprise.
    #[serde(default = "default_surprise_recipients")]
    pub surprise_recipients_max: u32,
    /// How long a renewal link works, in days after it was mailed.
    #[serde(default = "default_link_days")]
    pub link_days: u32,
    /// True while the fees or question texts are the invented ones of the sample: `check` and
    /// `doctor` warn until it is false.
    #[serde(default)]
    pub sample_data: bool,
}

fn default_link_days() -> u32 {
    150
}
fn default_surprise_percent() -> u32 {
    20
}
fn default_surprise_recipients() -> u32 {
    20
}

/// `[state]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateSection {
    /// The state folder, where neither `--state` nor `$STATE_DIRECTORY` names one.
    #[serde(default = "default_state_dir")]
    pub dir: PathBuf,
}

impl Default for StateSection {
    fn default() -> Self {
        Self { dir: default_state_dir() }
    }
}

fn default_state_dir() -> PathBuf {
    PathBuf::from("/var/lib/relance")
}

/// `[web]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebSection {
    /// Address and port of the members' pages; put a TLS reverse proxy before it.
    pub listen: SocketAddr,
    /// What members see in their browser, without a slash at the end. An association may have
    /// its own (`link_base`).
    pub base_url: String,
    /// Addresses of reverse proxies whose `X-Forwarded-For` is believed.
    #[serde(default)]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Requests a minute from one client address before it waits. Loose: a whole city hall may
    /// sit behind one address.
    #[serde(default = "default_client_rate")]
    pub client_requests_per_minute: u32,
    /// Requests a minute for one link before it waits.
    #[serde(default = "default_token_rate")]
    pub token_requests_per_minute: u32,
    /// Damaged links a minute from one client address before it waits.
    #[serde(default = "default_bad_token_rate")]
    pub bad_tokens_per_minute: u32,
    /// Wrong type-in codes an hour over all members before the front page takes none, and, counted
    /// apart, wrong proofs before a renewal's page does; one member number has five of each.
    #[serde(default = "default_code_rate")]
    pub code_failures_per_hour: u32,
}

fn default_client_rate() -> u32 {
    600
}
fn default_token_rate() -> u32 {
    30
}
fn default_bad_token_rate() -> u32 {
    20
}
fn default_code_rate() -> u32 {
    300
}

/// `[admin]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminSection {
    /// Loopback address and port of `/healthz`, `/readyz` and `/metrics`.
    #[serde(default = "default_admin_listen")]
    pub listen: SocketAddr,
}

impl Default for AdminSection {
    fn default() -> Self {
        Self { listen: default_admin_listen() }
    }
}

fn default_admin_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9125))
}

/// `[mail]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailSection {
    /// Domain of the envelope sender `b+TOKEN@…`: bounces come back there.
    pub bounce_domain: String,
    /// Domain of `Reply-To: r+TOKEN@…`: replies come back there.
    pub reply_domain: String,
    /// Local part before the `+` of the envelope sender.
    #[serde(default = "default_bounce_local")]
    pub bounce_local: String,
    /// Local part before the `+` of the reply address.
    #[serde(default = "default_reply_local")]
    pub reply_local: String,
    /// Local part of the address in the reply domain to which members forward a mail that they
    /// doubt; they are told whether we sent it.
    #[serde(default = "default_verify_local")]
    pub verify_local: String,
    /// The authserv-id that our own MX writes into `Authentication-Results` (RFC 8601 §2.5).
    /// Empty: no reply's sender can be verified, so each reply is confirmed by mail first.
    #[serde(default)]
    pub authserv_id: String,
}

fn default_bounce_local() -> String {
    "b".into()
}
fn default_reply_local() -> String {
    "r".into()
}
fn default_verify_local() -> String {
    "verify".into()
}

impl MailSection {
    /// Address to which members forward a mail that they doubt.
    #[must_use]
    pub fn verify_address(&self) -> String {
        format!("{}@{}", self.verify_local, self.reply_domain)
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// No protection: loopback only.
    None,
    /// TLS from the first byte (ports 465 and 993).
    Implicit,
    /// In the clear, then STARTTLS or nothing (ports 587 and 143).
    Starttls,
}

/// Which way mail leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// To a relay.
    Smtp,
    /// Into a Maildir, for rehearsals: nothing leaves the machine.
    Maildir,
}

/// `[smtp]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpSection {
    /// `smtp`, or `maildir` for a rehearsal.
    pub transport: Transport,
    /// The relay's host name.
    #[serde(default)]
    pub host: String,
    /// The relay's port.
    #[serde(default = "default_smtp_port")]
    pub port: u16,
    /// `none` (loopback only), `implicit` or `starttls`.
    #[serde(default = "default_tls")]
    pub tls: Tls,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// User name at the relay; empty for a relay that asks none.
    #[serde(default)]
    pub username: String,
    /// File that holds the password; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Name we give in EHLO; empty: the host's own.
    #[serde(default)]
    pub helo: String,
    /// Open connections at most, 1 to 50. One is kept for answers to people.
    #[serde(default = "default_connections")]
    pub connections: u16,
    /// Messages a minute to the relay; 0: no limit.
    #[serde(default)]
    pub messages_per_minute: u32,
    /// Messages a minute to one recipient domain; 0: no limit.
    #[serde(default)]
    pub domain_messages_per_minute: u32,
    /// Days during which a deferred message is tried again.
    #[serde(default = "default_retry_days")]
    pub retry_days_max: u32,
    /// What happens to a message of which it cannot be known whether it left: `hold` or `resend`.
    #[serde(default = "default_in_doubt")]
    pub in_doubt: InDoubt,
    /// Folder for `transport = "maildir"`.
    #[serde(default)]
    pub maildir: Option<PathBuf>,
}

/// Whose clock the insurance deadline goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeadlineBy {
    /// One zone for everybody: the policy's.
    #[default]
    Policy,
    /// Each member's own.
    Member,
}

/// What happens to a message in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InDoubt {
    /// It stays `unknown` until a person or evidence says more.
    Hold,
    /// It is sent again: some members may get it twice.
    Resend,
}

fn default_in_doubt() -> InDoubt {
    InDoubt::Hold
}
fn default_smtp_port() -> u16 {
    587
}
fn default_tls() -> Tls {
    Tls::Starttls
}
fn default_connections() -> u16 {
    4
}
fn default_retry_days() -> u32 {
    4
}

/// Where mail comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InboxSource {
    /// An IMAP mailbox.
    Imap,
    /// A Maildir that the host's own mail server delivers to.
    Maildir,
    /// No mailbox: replies and bounces are not read. For rehearsals.
    None,
}

/// `[inbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxSection {
    /// `imap`, `maildir`, or `none` for a rehearsal.
    pub source: InboxSource,
    /// The IMAP server's host name.
    #[serde(default)]
    pub host: String,
    /// The IMAP server's port.
    #[serde(default = "default_imap_port")]
    pub port: u16,
    /// `none` (loopback only), `implicit` or `starttls`.
    #[serde(default = "default_imap_tls")]
    pub tls: Tls,
    /// A PEM file of certificate authorities to trust besides the system's.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// User name at the IMAP server.
    #[serde(default)]
    pub username: String,
    /// File that holds the password; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The mailbox's name.
    #[serde(default = "default_mailbox")]
    pub mailbox: String,
    /// Seconds between two looks, beside IDLE.
    #[serde(default = "default_poll_s")]
    pub poll_s: u32,
    /// Folder for `source = "maildir"`.
    #[serde(default)]
    pub maildir: Option<PathBuf>,
    /// When the mailbox was rebuilt and more unseen mails than this wait, they wait for
    /// `relance inbox resume`.
    #[serde(default = "default_rescan_max")]
    pub rescan_mails_max: u32,
}

fn default_imap_port() -> u16 {
    993
}
fn default_imap_tls() -> Tls {
    Tls::Implicit
}
fn default_mailbox() -> String {
    "INBOX".into()
}
fn default_poll_s() -> u32 {
    120
}
fn default_rescan_max() -> u32 {
    500
}

/// `[words]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordsSection {
    /// Folder of templates that replace those of the same name in the binary.
    #[serde(default)]
    pub templates_dir: Option<PathBuf>,
    /// Folder of Fluent files (`en-CA/…`, `fr-CA/…`) whose messages replace those of the binary.
    #[serde(default)]
    pub locales_dir: Option<PathBuf>,
}

impl WordsSection {
    /// Whether any of the binary's own words or templates may be replaced.
    #[must_use]
    pub fn replaces_some(&self) -> bool {
        self.templates_dir.is_some() || self.locales_dir.is_some()
    }
}

/// `[host]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostSection {
    /// File whose content names this host, where `/etc/machine-id` does not (containers).
    #[serde(default)]
    pub identity_file: Option<PathBuf>,
}

/// `[desk]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskSection {
    /// How long a link in a digest works, in days after it was mailed. What still waits comes
    /// with a fresh link in each digest.
    #[serde(default = "default_desk_link_days")]
    pub link_days: u32,
}

impl Default for DeskSection {
    fn default() -> Self {
        Self { link_days: default_desk_link_days() }
    }
}

fn default_desk_link_days() -> u32 {
    30
}
