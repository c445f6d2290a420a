"""Runs Schemathesis against the real program: is the HTTP API what its OpenAPI document says?

The program is that of GUILDHALL_SERVER. It ends with the test. Exits with 0 if all is right.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent
KEY = "the-key-of-a-test-with-32-bytes-and-more"
# Each operation gets so many random requests, beside those that try each rule of its schema.
EXAMPLES = "25"


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(url, method, path, body=None):
    """Sends a request with the key, and returns the content of the response."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    request = urllib.request.Request(url + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read()


def wait_for(url, program):
    """Waits until the API answers."""
    until = time.monotonic() + 30
    while time.monotonic() < until and program.poll() is None:
        try:
            return ask(url, "GET", "/api/v1/health")
        except OSError:
            time.sleep(0.05)
    sys.exit("the API does not answer")


def main():
    """Starts the program, and looks at its API."""
    url = f"http://127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder, "guildhall.toml")
        settings.write_text("[events]\nenabled = true\n")
        program = subprocess.Popen(
            [os.environ["GUILDHALL_SERVER"], "--config", settings, "--port", "0",
             "--data", Path(folder, "data"), "--log", "warn",
             "--api-listen", url.removeprefix("http://")],
            env={**os.environ, "GUILDHALL_API_KEY": KEY},
        )
        try:
            wait_for(url, program)
            # So that not everything is missing.
            ask(url, "PUT", "/api/v1/rooms/hall", {"topic": "A room for tests"})
            ask(url, "POST", "/api/v1/rooms/hall/messages", {"text": "hello"})
            run = [
                Path(sys.executable).with_name("schemathesis"),
                "--config-file", HERE / "schemathesis.toml",
                "run", f"{url}/api/v1/openapi.json", "--url", url,
                "--header", f"Authorization: Bearer {KEY}",
                "--max-examples", EXAMPLES, "--seed", "1", "--no-color",
            ]
            code = subprocess.run(run, cwd=folder, check=False).returncode
            if program.poll() is not None:
                sys.exit("the program has ended")
            # After all of that it still does what it should.
            ask(url, "GET", "/api/v1/rooms")
            sys.exit(code)
        finally:
            program.terminate()
            program.wait(10)


main()
