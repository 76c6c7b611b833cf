"""One HTTP server: AWS's APIs by moto, and the calls under `/corrections/`."""

import io
import json
from functools import cache
from urllib.parse import parse_qsl

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import BaseWSGIServer, make_server

# Each puts its corrections in place when it is imported.
from corrections import (  # noqa: F401
    account,
    admin,
    as_of,
    awslambda,
    events,
    scheduler,
    secretsmanager,
)

HOST = "127.0.0.1"

# Services whose requests run one at a time in an account. No Lambda function is
# invoked within them (it would wait for its own caller's lock).
SERIAL = ("secretsmanager.", "AmazonSSM.", "DynamoDB_")
READS = ("Get", "BatchGet", "Describe", "List")


class Dispatcher(DomainDispatcherApplication):
    """moto's choice of a service by host, made once a host: it looks through the
    file system each time, which is half of what a small request takes."""

    @cache
    def get_backend_for_host(self, host: str | None):
        return super().get_backend_for_host(host)


class Application:
    """The WSGI application."""

    def __init__(self) -> None:
        self.moto = Dispatcher(create_backend_app)

    def __call__(self, environ: dict, start_response):
        body = whole_body(environ)
        if environ["PATH_INFO"].startswith("/corrections/"):
            return administer(environ, body, start_response)
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        if not target.startswith(SERIAL):
            return self.moto(environ, start_response)
        reads_only = target.partition(".")[2].startswith(READS)
        within = account.reading if reads_only else account.changing
        with within(account.of(environ)):
            return list(self.moto(environ, start_response))


def whole_body(environ: dict) -> bytes:
    """Read before any lock is taken, so that a slow sender holds up nobody."""
    # A chunked body has no length; werkzeug ends its stream where it ends.
    chunked = environ.get("wsgi.input_terminated", False)
    length = -1 if chunked else int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
    return body


def administer(environ: dict, body: bytes, start_response):
    """400 with a `message` for a call that is wrong."""
    try:
        query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
        given = json.loads(body) if body else query
        if not isinstance(given, dict):
            raise admin.Refused("the body is no JSON object")
        status = "200 OK"
        answer = admin.call(environ["REQUEST_METHOD"], environ["PATH_INFO"], given)
    except (admin.Refused, ValueError) as error:
        status, answer = "400 Bad Request", {"message": str(error)}
    content = json.dumps(answer).encode()
    start_response(
        status,
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
        ],
    )
    return [content]


class QuietHandler(MotoRequestHandler):
    """Says nothing of a request that went well: the proxy in front keeps the log."""

    def log_request(self, code="-", size="-") -> None:
        pass


def listening(port: int) -> BaseWSGIServer:
    """A server that has its port already; 0 = a free one."""
    return make_server(
        HOST, port, Application(), threaded=True, request_handler=QuietHandler
    )
