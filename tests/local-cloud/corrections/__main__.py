"""`python -m corrections --port 0`: says where it listens, ends when stdin closes."""

import argparse
import os
import sys
import threading


def end_with_stdin() -> None:
    """The parent holds the other end of a pipe and never writes into it, so that
    this process ends with its parent, however that ends."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="corrections")
    arguments.add_argument("--port", type=int, default=0, help="0 takes a free port")
    port = arguments.parse_args().port

    threading.Thread(target=end_with_stdin, daemon=True).start()

    # moto reads these when it is imported; a profile or an account of the caller's
    # must not leak into the tests.
    for name in list(os.environ):
        if name.startswith(("AWS_", "MOTO_")):
            del os.environ[name]
    from corrections import server

    listener = server.listening(port)
    print(f"listening on http://{server.HOST}:{listener.port}", flush=True)
    listener.serve_forever()


if __name__ == "__main__":
    main()
