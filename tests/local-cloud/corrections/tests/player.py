"""A player of functions: remembers what it was asked, answers as told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# How long `close` may take.
POLL_SECONDS = 0.01


class Player:
    """`on(step or name, do)`: `do(event)` runs; its exception is a function error."""

    def __init__(self):
        self.events: list[dict] = []
        self.kinds: list[str] = []
        self.actions: dict = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(
            target=self.server.serve_forever, args=(POLL_SECONDS,), daemon=True
        ).start()

    def on(self, step: str, do) -> None:
        self.actions[step] = do

    def steps(self) -> list[str]:
        return [event["Step"] for event in self.events]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def handler(player):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                player.kinds.append(self.headers["X-Amz-Invocation-Type"])
                player.events.append(event)
                function = self.path.split("/")[-2]
                do = player.actions.get(event.get("Step")) or player.actions.get(
                    function
                )
                answer, failed = {}, False
                try:
                    answer = do(event) if do else {}
                except Exception as error:
                    answer, failed = {"errorMessage": str(error)}, True
                body = json.dumps(answer).encode()
                self.send_response(200)
                if failed:
                    self.send_header("X-Amz-Function-Error", "Unhandled")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
