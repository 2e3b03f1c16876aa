"""`python -m tests.provider serve` runs the provider, `python -m tests.provider run -- COMMAND` a command with it."""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.provider.process import ProviderProcess

ENGINES = {"openai", "anthropic", "compatible"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.provider", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="serve on loopback until a signal")
    serving.add_argument("--port", type=int, default=0, help="0 is any free port")
    serving.add_argument("--log", type=Path, help="a JSON line for each request and each answer is appended here")
    serving.add_argument("--port-file", type=Path, help="the port is written here as soon as it listens")
    serving.add_argument("--until-stdin-ends", action="store_true", help="leave with the process that started this one")
    running = commands.add_parser("run", help="run a command whose providers this server is")
    running.add_argument("--log", type=Path)
    running.add_argument("--script", type=Path, help="a JSON list of rules")
    running.add_argument("child", nargs="+", metavar="COMMAND", help="after --")
    given = parser.parse_args()
    if given.command == "serve":
        return serve(given.port, given.log, given.port_file, given.until_stdin_ends)
    return run(given.child, given.log, given.script)


def serve(port: int, log: Path | None, port_file: Path | None, until_stdin_ends: bool) -> int:
    from tests.provider.request_log import RequestLog  # noqa: PLC0415  `run` does without a server of its own
    from tests.provider.server import Provider, build_server, listen  # noqa: PLC0415

    with listen(port) as listener:
        port = listener.getsockname()[1]
        listener.listen(512)
        if log:
            log.parent.mkdir(parents=True, exist_ok=True)
        server = build_server(Provider(f"http://127.0.0.1:{port}", log=RequestLog(log)))
        if until_stdin_ends:
            threading.Thread(target=_leave_with_stdin, daemon=True).start()
        print(f"http://127.0.0.1:{port}", flush=True)
        if port_file:
            written = port_file.with_suffix(".new")
            written.write_text(str(port))
            written.replace(port_file)
        server.run(sockets=[listener])
    return 0


def run(command: list[str], log: Path | None, script: Path | None) -> int:
    """Run the command as a child; leaves with its exit code, or 128 and the number of the signal that ended it."""
    with ProviderProcess(log and log.absolute()) as provider:
        if script:
            provider.script(*json.loads(script.read_text(encoding="utf-8")))
        engine = os.environ.get("ENGINE", "")
        env = os.environ | provider.env | {"ENGINE": engine if engine in ENGINES else "openai"}
        try:
            child = subprocess.Popen(command, env=env, start_new_session=True)
        except OSError as error:
            print(f"{command[0]} can't be run: {error}", file=sys.stderr)
            return 127
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda received, _: child.send_signal(received))
        code = child.wait()
    return 128 - code if code < 0 else code


def _leave_with_stdin() -> None:
    """Ends with the pipe that the starting process holds."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
