//! Sites and the guard over the binary.

use std::fs;
use std::process::Command;
use std::time::Duration;

use toml::Table;

use crate::support::daemon::Site;
use crate::support::mailstack::{self, Options};
use crate::support::process::{Process, Reach};
use crate::support::wait_until;

const SAMPLE: &str = "[web]\nlisten = \"0.0.0.0:80\"\n[smtp]\npassword_file = \"smtp-password\"\n";
const BODIES: &str = "[[association]]\ncode = \"A\"\n[[association]]\ncode = \"B\"\n\
                      [association.desk]\nemail = \"b@example.ca\"\n";

fn site() -> Site {
    let sample = tempfile::tempdir().unwrap();
    fs::write(sample.path().join("relance.toml"), SAMPLE).unwrap();
    fs::write(sample.path().join("associations.toml"), BODIES).unwrap();
    Site::from_sample(sample.path())
}

fn read(site: &Site, file: &str) -> Table {
    fs::read_to_string(site.config.path().join(file)).unwrap().parse().unwrap()
}

#[test]
fn a_site_is_the_sample_on_ports_of_its_own() {
    let site = site();
    site.config.use_relay(2525);
    site.config.set_each("associations.toml", "association", "desk.email", "desk@club.test");
    site.config.retain("associations.toml", "association", |a| a["code"].as_str() == Some("B"));
    let main = read(&site, "relance.toml");
    assert_eq!(main["web"]["listen"].as_str(), Some(site.web.to_string().as_str()));
    assert_eq!(main["admin"]["listen"].as_str(), Some(site.admin.to_string().as_str()));
    assert_eq!(main["smtp"]["port"].as_integer(), Some(2525));
    assert!(main["smtp"].get("password_file").is_none());
    assert_eq!(main["mail"]["bounce_domain"].as_str(), Some("bounce.test"));
    let bodies = read(&site, "associations.toml");
    let bodies = bodies["association"].as_array().unwrap();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["desk"]["email"].as_str(), Some("desk@club.test"));
}

#[test]
fn a_site_finds_the_mail_servers() {
    let Some(stack) = mailstack::start_or_skip(&Options::default()) else { return };
    let site = site();
    site.config.use_mail_stack(&stack);
    site.config.use_submission(&stack, "wrong");
    let main = read(&site, "relance.toml");
    assert_eq!(main["inbox"]["port"].as_integer(), Some(i64::from(stack.ports.imaps)));
    assert_eq!(main["smtp"]["tls"].as_str(), Some("starttls"));
    let secret = main["smtp"]["password_file"].as_str().unwrap();
    assert_eq!(fs::read_to_string(secret).unwrap(), "wrong");
    site.config.use_maildir(&stack);
    assert_eq!(read(&site, "relance.toml")["inbox"]["source"].as_str(), Some("maildir"));
}

#[test]
fn a_daemon_that_ends_before_it_is_ready_is_told_apart_from_a_ready_one() {
    let site = site();
    // The sample above is no whole config.
    let why = site.try_start(&[], &[]).expect_err("it cannot run on that");
    assert!(why.starts_with("the daemon ended"), "{why}");
}

#[test]
fn a_process_ends_with_its_guard_and_its_children_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("out");
    let mut command = Command::new("sh");
    command.args(["-c", "echo $GREETING; sleep 600 & echo child $!; wait"]).env("GREETING", "hi");
    let process = Process::start_command(&command, Reach::Group, &output);
    let child = wait_until("the child's id", Duration::from_secs(5), || {
        let text = process.output();
        text.ends_with('\n')
            .then(|| text.split_once("child ").map(|(_, id)| id.trim().to_owned()))?
    });
    assert!(process.output().starts_with("hi\n"));
    let status = format!("/proc/{child}/stat");
    assert!(fs::read_to_string(&status).is_ok());
    drop(process);
    // Gone, or a zombie that its new parent has yet to bury.
    wait_until("the child's end", Duration::from_secs(5), || {
        fs::read_to_string(&status).map_or(Some(()), |s| s.contains(") Z ").then_some(()))
    });
}
