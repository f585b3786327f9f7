"""The members' page, and renewing on it, beside the same machine's static file and durable commits.

usage: web.py RELANCE FOLDER MEMBERS RUNS

GET: each member's page by the link of their own notice, over connections that stay open. nginx
serves one of these pages from a file, to the same client. POST: each member renews by invoice; the
mail that confirms it waits (its relay is down), so that what is measured is the page.
"""

import html
import http.client
import json
import pathlib
import re
import statistics
import subprocess
import sys
import urllib.parse

import club
import commits
import machine

CONNECTIONS = 16
COMMIT_SECONDS = 1
NGINX = """worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
daemon off;
user root;
events {{ worker_connections 512; }}
http {{
  access_log off;
  default_type text/html;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


class Nginx:
    def __init__(self, folder: pathlib.Path, page: bytes):
        (self.port,) = machine.ports(1)
        (folder / "root").mkdir(parents=True)
        (folder / "root" / "page").write_bytes(page)
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=self.port))
        self.process = machine.start(["nginx", "-p", folder, "-c", folder / "nginx.conf"])
        machine.wait_for_port(self.port)

    def cpu_seconds(self) -> float:
        """Of its one worker."""
        workers = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return sum(machine.cpu_seconds(int(worker)) for worker in workers.split())

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def load(relance: str, port: int, folder: pathlib.Path, lines: list[str], connections: int) -> dict:
    file = folder / "requests"
    file.write_text("\n".join(lines) + "\n")
    done = subprocess.run(
        [relance, "bench", "load", "--to", f"127.0.0.1:{port}", "--connections", str(connections), file],
        check=True, stdout=subprocess.PIPE,
    )
    return json.loads(done.stdout)


def forms(port: int, links: list[str]) -> list[str]:
    """Each page's form, filled in to renew by invoice, as `bench load` reads it."""
    lines, connection = [], http.client.HTTPConnection("127.0.0.1", port)
    for n, link in enumerate(links):
        forwarded = {"X-Forwarded-For": f"10.9.{n // 256 % 256}.{n % 256}"}
        connection.request("GET", link, headers=forwarded)
        page = connection.getresponse().read().decode()
        form = page.split("<form", 1)[1].split("</form>", 1)[0]
        hidden = re.findall(r'<input[^>]*type="hidden"[^>]*>', form)
        fields = [(re.search(r'name="([^"]*)"', one)[1],
                   html.unescape(re.search(r'value="([^"]*)"', one)[1])) for one in hidden]
        lines.append(f"POST {link} " + urllib.parse.urlencode([*fields, ("choice", "invoice")]))
    return lines


def main() -> None:
    relance, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    members, runs = int(sys.argv[3]), int(sys.argv[4])
    print(machine.line())
    site, notices = club.noticed(relance, folder / "club", members)
    links = club.links(notices)
    if len(links) != members:
        raise SystemExit(f"{len(links)} links in {members} notices")
    (closed,) = machine.ports(1)
    site.send_to(closed, 1)
    site.start()
    connection = http.client.HTTPConnection("127.0.0.1", site.web)
    connection.request("GET", links[0])
    page = connection.getresponse().read()
    nginx = Nginx(folder / "nginx", page)

    ours, theirs = [], []
    for _ in range(runs):
        cpu = machine.cpu_seconds(site.daemon.pid)
        said = load(relance, site.web, folder, [f"GET {link}" for link in links], CONNECTIONS)
        ours.append({**said, "cpu_ms": (machine.cpu_seconds(site.daemon.pid) - cpu) * 1000 / members})
        cpu = nginx.cpu_seconds()
        said = load(relance, nginx.port, folder, ["GET /page"] * members, CONNECTIONS)
        theirs.append({**said, "cpu_ms": (nginx.cpu_seconds() - cpu) * 1000 / members})
    middle = lambda kept, key: statistics.median(run[key] for run in kept)
    rows = [[
        "GET", f"{middle(ours, 'per_s'):.0f}", f"nginx, a file: {middle(theirs, 'per_s'):.0f}",
        f"{middle(ours, 'per_s') / middle(theirs, 'per_s'):.2f}",
        f"{middle(ours, 'p50_ms'):.1f}", f"{middle(ours, 'p99_ms'):.1f}",
        f"{middle(ours, 'cpu_ms'):.2f}", f"{middle(theirs, 'cpu_ms'):.3f}",
    ]]

    filled = forms(site.web, links)
    ours, durable = [], []
    share = members // runs
    for run in range(runs):
        durable.append(commits.rate(str(folder), COMMIT_SECONDS))
        cpu = machine.cpu_seconds(site.daemon.pid)
        said = load(relance, site.web, folder, filled[run * share:(run + 1) * share], CONNECTIONS)
        if said["statuses"] != {"303": share}:
            raise SystemExit(f"not all were accepted: {said['statuses']}")
        ours.append({**said, "cpu_ms": (machine.cpu_seconds(site.daemon.pid) - cpu) * 1000 / share})
    site.wait_for("SELECT count(*) FROM ledger WHERE kind = 'answered'", share * runs)
    committed = statistics.median(durable)
    rows.append([
        "POST", f"{middle(ours, 'per_s'):.0f}", f"commits: {committed:.0f}",
        f"{middle(ours, 'per_s') / committed:.2f}",
        f"{middle(ours, 'p50_ms'):.1f}", f"{middle(ours, 'p99_ms'):.1f}",
        f"{middle(ours, 'cpu_ms'):.2f}", "-",
    ])
    print(f"\n{members} members, pages of {len(page)} octets, {CONNECTIONS} connections; median of {runs}\n")
    print(machine.table(
        ["", "relance/s", "reference/s", "share", "p50 ms", "p99 ms", "relance CPU ms", "reference CPU ms"], rows))
    print(f"\nResident {machine.memory_mb(site.daemon.pid)[0]:.0f} MB, at most {machine.memory_mb(site.daemon.pid)[1]:.0f} MB")
    nginx.close()
    site.stop()


if __name__ == "__main__":
    main()
