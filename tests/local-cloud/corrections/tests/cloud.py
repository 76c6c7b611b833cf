"""The scene of every test: one server for all, an account of its own for each."""

import atexit
import json
import random
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

import boto3
from botocore.config import Config

from corrections.tests.player import Player

PACKAGE_PARENT = Path(__file__).parents[2]
REGION = "us-east-1"
WAIT_SECONDS = 20


@cache
def server() -> str:
    """The address of the server, which ends with this process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "corrections", "--port", "0"],
        cwd=PACKAGE_PARENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process.stdout.readline().removeprefix("listening on ").strip()


class CloudTest(unittest.TestCase):
    """A test with an empty account and a player."""

    def setUp(self):
        self.account = f"{random.randrange(10**11, 10**12)}"
        self.secrets = self.client("secretsmanager")
        self.parameters = self.client("ssm")
        self.functions = self.client("lambda")
        self.player = Player()
        self.addCleanup(self.player.close)
        self.admin("POST", "player", url=self.player.url)

    def client(self, service: str, **headers: str):
        """A client of this account; `headers` go with each request (`_` for `-`)."""
        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url=server(),
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 0}),
        )
        sent = {"x-moto-account-id": self.account} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        client.meta.events.register(
            "before-sign.*.*", lambda request, **_: add(request.headers, sent)
        )
        return client

    def admin(self, method: str, call: str, **fields):
        """The answer of a call under `/corrections/`; a refusal is raised."""
        fields.setdefault("account", self.account)
        url = f"{server()}/corrections/{call}"
        body = json.dumps(fields).encode() if method == "POST" else None
        if method == "GET":
            url += "?" + "&".join(f"{name}={value}" for name, value in fields.items())
        request = urllib.request.Request(url, data=body, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def refusal(self, method: str, call: str, **fields) -> str:
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.admin(method, call, **fields)
        with caught.exception as error:
            self.assertEqual(error.code, 400)
            return json.load(error)["message"]

    def make_function(
        self, name: str = "rotator", invoked_by: str | None = None, **more
    ):
        """A function whose policy lets Secrets Manager (or `invoked_by`) invoke it."""
        arn = self.functions.create_function(
            FunctionName=name,
            Role=f"arn:aws:iam::{self.account}:role/function",
            Runtime="provided.al2023",
            Handler="bootstrap",
            Code={"ZipFile": b"no code: the player runs it"},
            **more,
        )["FunctionArn"]
        self.functions.add_permission(
            FunctionName=name,
            StatementId="invoke",
            Action="lambda:InvokeFunction",
            Principal=invoked_by or "secretsmanager.amazonaws.com",
        )
        return arn

    def labels(self, name: str = "s") -> dict:
        """The labels of each version of a secret that has any."""
        return self.secrets.describe_secret(SecretId=name).get("VersionIdsToStages", {})

    def eventually(self, what, expected) -> None:
        """Waits until `what()` is as expected, and says what it was last if it never is."""
        deadline = time.monotonic() + WAIT_SECONDS
        while (last := what()) != expected and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(last, expected)

    def assertFails(self, code: str, text: str, call, **arguments) -> None:
        """The call is refused with that code and with that in its message."""
        with self.assertRaises(Exception) as caught:
            call(**arguments)
        error = caught.exception.response["Error"]
        self.assertEqual(error["Code"], code, error["Message"])
        self.assertIn(text, error["Message"])


def add(headers, more: dict) -> None:
    for name, value in more.items():
        headers[name] = value
