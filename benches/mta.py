"""A private Postfix that throws away what it took, and a private Dovecot with one mailbox. Needs root."""

import os
import pathlib
import pwd
import grp
import shutil
import subprocess
import time

import machine

MAIL_ID = 4242
ACCOUNT = "mailbox@relance.test"
PASSWORD = "correct horse"


class Postfix:
    def __init__(self, folder: pathlib.Path):
        (self.port,) = machine.ports(1)
        self.folder = folder
        conf, spool = folder / "conf", folder / "spool"
        for part in (conf, spool, folder / "data"):
            part.mkdir(parents=True)
        for parent in [folder, *folder.parents]:
            if parent.stat().st_mode & 0o005 != 0o005:
                raise SystemExit(f"Postfix cannot pass through {parent}")
        user, drop = pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postdrop").gr_gid
        os.chown(folder / "data", user, -1)
        (spool / "pid").mkdir()
        for name in "active bounce corrupt defer deferred flush hold incoming private saved trace".split():
            (spool / name).mkdir(mode=0o700)
            os.chown(spool / name, user, -1)
        for name, mode in (("maildrop", 0o730), ("public", 0o710)):
            (spool / name).mkdir()
            os.chown(spool / name, user, drop)
            (spool / name).chmod(mode)
        (conf / "main.cf").write_text(f"""compatibility_level = 3.6
queue_directory = {spool}
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.relance.test
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
default_transport = discard:
relay_transport = discard:
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
in_flow_delay = 0
""")
        services = [
            f"127.0.0.1:{self.port} inet n - n - - smtpd", "pickup unix n - n 60 1 pickup",
            "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce",
            "defer unix - - n - 0 bounce", "trace unix - - n - 0 bounce", "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap", "error unix - - n - - error", "retry unix - - n - - error",
            "discard unix - - n - - discard", "anvil unix - - n - 1 anvil",
            "postlog unix-dgram n - n - 1 postlogd",
        ]
        (conf / "master.cf").write_text("\n".join(services) + "\n")
        hour_ago = time.time() - 3600
        for file in conf.iterdir():
            # Postfix waits two seconds over a file that was changed just now.
            os.utime(file, (hour_ago, hour_ago))
        self.process = machine.start(
            ["/usr/lib/postfix/sbin/master", "-c", conf, "-d"],
            stderr=open(folder / "start.txt", "w"), start_new_session=True,
        )
        machine.wait_for_port(self.port)

    def rest(self) -> None:
        """Waits until the queue is empty."""
        while any(
            files for queue in ("incoming", "active", "maildrop")
            for _, _, files in os.walk(self.folder / "spool" / queue)
        ):
            time.sleep(0.05)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


class Dovecot:
    def __init__(self, folder: pathlib.Path):
        (self.port,) = machine.ports(1)
        self.maildir = folder / "mail" / "Maildir"
        for part in ("run", "state"):
            (folder / part).mkdir(parents=True)
        for part in ("new", "cur", "tmp"):
            (self.maildir / part).mkdir(parents=True)
        for path in [folder / "mail", *(folder / "mail").rglob("*")]:
            os.chown(path, MAIL_ID, MAIL_ID)
        (folder / "users").write_text(f"{ACCOUNT}:{PASSWORD}::::::\n")
        (folder / "users").chmod(0o644)
        (folder / "dovecot.conf").write_text(f"""base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = relance-bench
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{self.maildir}
mail_uid = {MAIL_ID}
mail_gid = {MAIL_ID}
first_valid_uid = {MAIL_ID}
last_valid_uid = {MAIL_ID}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
  default_fields = uid={MAIL_ID} gid={MAIL_ID} home={folder}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
""")
        self.process = machine.start(
            ["/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"],
            stderr=open(folder / "start.txt", "w"), start_new_session=True,
        )
        machine.wait_for_port(self.port)

    def deliver(self, name: str, mail: bytes) -> None:
        written = self.maildir / "tmp" / name
        written.write_bytes(mail)
        os.chown(written, MAIL_ID, MAIL_ID)
        shutil.move(written, self.maildir / "new" / name)

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()
