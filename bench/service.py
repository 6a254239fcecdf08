"""`landfall serve` as a process: starts it, sets it up over HTTP, ends it, and verifies what it left."""

import atexit
import http.client
import json
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

ADMIN_KEY = "a key of the bench that is long enough"
BUCKET = "lake"
# The last drain of a server takes up to a minute for each of its parts.
PATIENCE_SECONDS = 150


@dataclass(frozen=True)
class Site:
    """The folders of a server, which outlive its processes."""

    landfall: Path
    folder: Path

    @property
    def bucket(self):
        return self.folder / "buckets" / BUCKET

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.bucket.mkdir(parents=True)

    def command(self, *words):
        return [str(self.landfall), *words, "--data-dir", str(self.folder / "data")]

    def environment(self):
        """Nothing of the caller's: a LANDFALL_ variable of theirs would set up another server."""
        return {"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder), "LANDFALL_ADMIN_KEY": ADMIN_KEY}

    def start(self, *words, listen="127.0.0.1:0"):
        """Starts a server without waiting for it."""
        command = self.command("serve", "--quiet", "--listen", listen, *words)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=self.environment())
        # Whatever ends this program, no server outlives it. Of one that has ended this does nothing.
        atexit.register(process.kill)
        return Server(process)

    def verify(self, *words):
        """The report of `landfall verify`."""
        command = self.command("verify", "--json", *words)
        done = subprocess.run(command, stdout=subprocess.PIPE, env=self.environment(), check=False)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            raise SystemExit(f"landfall verify ended with {done.returncode} and no report: {command}") from None
        report["clean"] = report["clean"] and done.returncode == 0
        return report


class Server:
    """One process of a server."""

    def __init__(self, process):
        self.process = process
        self.address = None

    def wait_until_ready(self):
        """Reads where it listens, which it says when it can be called."""
        said = self.process.stdout.readline().decode()
        if "http://" not in said:
            raise SystemExit(f"landfall serve did not start: it said {said!r}")
        self.address = said.split("http://")[1].split()[0]
        return self

    def manage(self, method, path, body=None):
        """A request to the management API; anything but 2xx ends the bench."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if not 200 <= answer.status < 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text}")
        return json.loads(text)

    def set_up(self, site):
        """Connects the site's bucket, and returns the token of a source that loads into it."""
        made = self.manage("POST", "/v4/destinations", {"type": "s3", "properties": {
            "s3_bucket": BUCKET, "output_file_format": "jsonl",
            "s3_key_format_string": "[integration_name]/[table_name]/[table_version]_[timestamp_loaded].jsonl",
            "s3_endpoint_url": f"file://{site.bucket.parent}"}})
        (site.bucket / made["generated_sentinel_key"]).touch()
        destination = f"/v4/destinations/{made['id']}"
        self.manage("POST", f"{destination}/check", {})
        deadline = time.monotonic() + 30
        while self.manage("GET", destination)["landfall_status"] != "active":
            if time.monotonic() > deadline:
                raise SystemExit("the destination did not become active within 30 s")
            time.sleep(0.02)
        source = self.manage("POST", "/v4/sources", {"type": "import_api", "display_name": "Shop"})
        return self.manage("POST", f"/v4/sources/{source['id']}/tokens")["access_token"]

    def kill(self):
        """SIGKILL: nothing of it gets a chance to finish anything."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self):
        """SIGTERM; returns the peak of its resident memory when all it had accepted is loaded and it is gone."""
        self.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            child, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if child:
                break
            if time.monotonic() > deadline:
                self.kill()
                raise SystemExit(f"landfall serve did not end within {PATIENCE_SECONDS} s of SIGTERM")
            time.sleep(0.005)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.process.stdout.close()
        if self.process.returncode != 0:
            raise SystemExit(f"landfall serve ended with {self.process.returncode} after SIGTERM")
        return usage.ru_maxrss * 1024
