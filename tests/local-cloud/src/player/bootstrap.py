#!/usr/bin/env python3
"""A Lambda runtime that does what the event says: what the player is tested with."""

import http.client
import json
import os
import sys
import time

runtime = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def ask(method, path, body=None):
    runtime.request(method, "/2018-06-01/runtime/" + path, body)
    answer = runtime.getresponse()
    return answer.headers, answer.read()


if os.environ.get("INIT") == "fails":
    ask("POST", "init/error", json.dumps({"errorType": "Init", "errorMessage": "no"}))
    sys.exit(1)
if os.environ.get("INIT") == "exits":
    sys.exit(7)
count = 0
while True:
    headers, event = ask("GET", "invocation/next")
    event = json.loads(event)
    request_id = headers["Lambda-Runtime-Aws-Request-Id"]
    count += 1
    print("printed by", event["do"], flush=True)
    if event["do"] == "exit":
        sys.exit(3)
    if event["do"] == "hang":
        time.sleep(1000)
    if event["do"] == "fail":
        ask("POST", f"invocation/{request_id}/error", '{"errorType":"T","errorMessage":"m"}')
        continue
    time.sleep(event.get("seconds", 0))
    left = int(headers["Lambda-Runtime-Deadline-Ms"]) / 1000 - time.time()
    answer = {
        "pid": os.getpid(),
        "count": count,
        "left": left,
        "arn": headers["Lambda-Runtime-Invoked-Function-Arn"],
        "trace": headers["Lambda-Runtime-Trace-Id"],
        "environment": dict(os.environ),
    }
    ask("POST", f"invocation/{request_id}/response", json.dumps(answer))
