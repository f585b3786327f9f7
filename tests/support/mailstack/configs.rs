//! Owns the configuration files of the private Postfix and Dovecot. Nothing in them lets a mail
//! leave the machine: what no table names is a permanent error.

use std::fmt::Write as _;
use std::path::Path;

use super::{AUTHSERV_ID, MAIL_ID, Options, PASSWORD, Ports, accounts};

/// `dovecot.conf`.
pub fn dovecot(dir: &Path, ports: &Ports) -> String {
    let dir = dir.display();
    let Ports { imap, imaps, .. } = ports;
    format!(
        "
base_dir = {dir}/dovecot/run
state_dir = {dir}/dovecot/state
log_path = {dir}/dovecot.log
instance_name = relance-test
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{dir}/tls/cert.pem
ssl_key = <{dir}/tls/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
recipient_delimiter = +
mail_location = maildir:{dir}/mail/%d/%n/Maildir
mail_uid = {MAIL_ID}
mail_gid = {MAIL_ID}
first_valid_uid = {MAIL_ID}
last_valid_uid = {MAIL_ID}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/dovecot/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {dir}/dovecot/users
  default_fields = uid={MAIL_ID} gid={MAIL_ID} home={dir}/mail/%d/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp-postfix {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service auth {{
  unix_listener auth-postfix {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
"
    )
}

/// Dovecot's accounts and passwords.
pub fn dovecot_users() -> String {
    accounts().fold(String::new(), |mut text, account| {
        let _ = writeln!(text, "{account}:{PASSWORD}::::::");
        text
    })
}

/// Postfix's `main.cf`.
///
/// Members' mail goes through Dovecot's LMTP, whose refusals make the usual reports. Mail for
/// the bounce and reply domains is written by virtual(8), which keeps the address it was sent to
/// in `X-Original-To` and `Delivered-To`, both as the sender wrote it.
pub fn postfix_main(dir: &Path, options: &Options) -> String {
    let dir = dir.display();
    let Options { delay_warning_s, lifetime_s, queue_run_s } = options;
    format!(
        "compatibility_level = 3.6
queue_directory = {dir}/postfix/spool
data_directory = {dir}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
maillog_file_prefixes = {dir}
maillog_file = {dir}/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = {AUTHSERV_ID}
mydomain = relance.test
myorigin = relance.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
recipient_delimiter = +
smtpd_tls_cert_file = {dir}/tls/cert.pem
smtpd_tls_key_file = {dir}/tls/key.pem
smtpd_tls_security_level = may
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_sasl_type = dovecot
smtpd_sasl_path = {dir}/dovecot/run/auth-postfix
smtpd_sasl_security_options = noanonymous
virtual_mailbox_domains = club.test, relance.test, bounce.test, reply.test
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = texthash:{dir}/postfix/mailboxes
virtual_minimum_uid = {MAIL_ID}
virtual_uid_maps = static:{MAIL_ID}
virtual_gid_maps = static:{MAIL_ID}
virtual_mailbox_limit = 0
virtual_transport = virtual
transport_maps = texthash:{dir}/postfix/transport
default_transport = error:5.1.2 Domain not found
relay_transport = error:5.1.2 Domain not found
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_mynetworks, reject
verdict_pass = check_recipient_access texthash:{dir}/postfix/verdict-pass, permit_mynetworks, reject
verdict_fail = check_recipient_access texthash:{dir}/postfix/verdict-fail, permit_mynetworks, reject
only_known_users = permit_sasl_authenticated, reject
smtpd_error_sleep_time = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
maximal_queue_lifetime = {lifetime_s}s
bounce_queue_lifetime = {lifetime_s}s
queue_run_delay = {queue_run_s}s
minimal_backoff_time = {queue_run_s}s
maximal_backoff_time = 10s
delay_warning_time = {delay_warning_s}s
"
    )
}

/// Postfix's own services: name, private, wakeup, process limit, program
const SERVICES: &[(&str, &str, &str, &str, &str)] = &[
    ("pickup unix", "n", "60", "1", "pickup"),
    ("cleanup unix", "n", "-", "0", "cleanup"),
    ("qmgr unix", "n", "300", "1", "qmgr"),
    ("tlsmgr unix", "-", "1000?", "1", "tlsmgr"),
    ("rewrite unix", "-", "-", "-", "trivial-rewrite"),
    ("bounce unix", "-", "-", "0", "bounce"),
    ("defer unix", "-", "-", "0", "bounce"),
    ("trace unix", "-", "-", "0", "bounce"),
    ("verify unix", "-", "-", "1", "verify"),
    ("flush unix", "n", "1000?", "0", "flush"),
    ("proxymap unix", "-", "-", "-", "proxymap"),
    ("smtp unix", "-", "-", "-", "smtp"),
    ("showq unix", "n", "-", "-", "showq"),
    ("error unix", "-", "-", "-", "error"),
    ("retry unix", "-", "-", "-", "error"),
    ("discard unix", "-", "-", "-", "discard"),
    ("lmtp unix", "-", "-", "-", "lmtp"),
    ("anvil unix", "-", "-", "1", "anvil"),
    ("scache unix", "-", "-", "1", "scache"),
    ("postlog unix-dgram", "n", "-", "1", "postlogd"),
];

/// Postfix's `master.cf`.
pub fn postfix_master(ports: &Ports) -> String {
    let Ports { smtp, pass, fail, submission, submissions, .. } = ports;
    let listeners = format!(
        "127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{pass} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=$verdict_pass
127.0.0.1:{fail} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=$verdict_fail
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=$only_known_users
127.0.0.1:{submissions} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_recipient_restrictions=$only_known_users
"
    );
    SERVICES.iter().fold(listeners, |mut text, (name, private, wakeup, limit, program)| {
        // virtual(8) and LMTP need root to open mailboxes; nothing runs in a chroot.
        let _ = writeln!(text, "{name} {private} - n {wakeup} {limit} {program}");
        text
    }) + "virtual unix - n n - - virtual\n"
}

/// Which mailbox file belongs to which address: the two domains as a whole go to ours.
pub fn postfix_mailboxes() -> String {
    let whole =
        "@bounce.test relance.test/mailbox/Maildir/\n@reply.test relance.test/mailbox/Maildir/\n";
    accounts().fold(whole.to_owned(), |mut text, account| {
        let (user, domain) = account.split_once('@').expect("accounts have a domain");
        let _ = writeln!(text, "{account} {domain}/{user}/Maildir/");
        text
    })
}

/// Which way each domain goes, or how it fails.
pub fn postfix_transport(dir: &Path) -> String {
    format!(
        "club.test lmtp:unix:{}/dovecot/run/lmtp-postfix
full.test error:5.2.2 Mailbox full
policy.test error:5.7.1 Message refused by the policy of this site
later.test retry:4.2.2 Mailbox full, try again later
discard.test discard:
",
        dir.display()
    )
}

/// What our MX writes above a reply (RFC 8601) when its sender passed, or failed.
pub fn postfix_verdict(pass: bool) -> String {
    let word = if pass { "pass" } else { "fail" };
    ["reply.test", "bounce.test"]
        .map(|domain| {
            format!(
                "{domain} PREPEND Authentication-Results: {AUTHSERV_ID}; spf={word} \
                 smtp.mailfrom=club.test; dmarc={word} header.from=club.test\n"
            )
        })
        .concat()
}
