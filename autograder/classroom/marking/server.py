"""The server of the marking page: on loopback, with a secret in the address, and a policy under which no text of a student's runs.

The secret reaches the page once, in the address; the page's script keeps it for its tab and takes it out of the address bar. A page
that is loaded again has no secret in its address: it gets a door without any data, whose script takes the tab's secret. Answers come as
data and are placed into the page as cleaned HTML; the policy allows the page's own script and style and nothing else.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import signal
from collections.abc import Callable
from typing import Any

import tornado.netutil
import tornado.web
from tornado.httpserver import HTTPServer

from autograder.classroom import page
from autograder.classroom.marking.desk import Conflict, Desk
from autograder.engine.errors import GradingError

MAX_BODY = 100_000
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Handler(tornado.web.RequestHandler):
    """What all answers have in common: who may ask, and what a browser may do with them."""

    def initialize(self, desk: Desk, secret: str) -> None:
        self.desk, self.secret = desk, secret

    def prepare(self) -> None:
        """Let in only the page of this machine: the name in the request rules out other hosts, the secret other pages."""
        given = self.request.headers.get("X-Secret", "") or self.get_query_argument("secret", "")
        known = hmac.compare_digest(given.encode(errors="replace"), self.secret.encode())
        if not known or self.request.host_name not in ("127.0.0.1", "localhost"):
            raise tornado.web.HTTPError(403)

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """A short answer without details."""
        texts = {403: "this page is not the one that `autograder mark` opened; take the address that it printed"}
        self.finish({"error": texts.get(status_code, "not possible")})

    def answer(self, status: int, value: Any) -> None:
        """Data for the page."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(value))


class _Page(_Handler):
    def get(self) -> None:
        self.set_policy(nonce := secrets.token_urlsafe(18))
        script = (page.TEMPLATES / "marking.js").read_text(encoding="utf-8")
        template = page.environment().get_template("marking.html")
        names = {"lesson": self.desk.lesson, "room": self.desk.room.root.name}
        self.finish(template.render(nonce=nonce, style=page.style("marking"), script=script, **names))

    def set_policy(self, nonce: str) -> None:
        """Let the page's own script and style run, and nothing else."""
        self.set_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types answer",
        )

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """The door, for whom the page is not shown to."""
        if status_code != 403:
            super().write_error(status_code, **kwargs)
            return
        self.set_policy(nonce := secrets.token_urlsafe(18))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page.environment().get_template("marking-door.html").render(nonce=nonce, style=page.style()))


class _Questions(_Handler):
    def get(self) -> None:
        self.answer(200, self.desk.overview())


class _Question(_Handler):
    def get(self, name: str) -> None:
        try:
            self.answer(200, self.desk.question(name))
        except LookupError:
            self.answer(404, {"error": "no such question"})

    def post(self, name: str) -> None:
        try:
            asked = json.loads(self.request.body)
            score = asked["score"]
            if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
                raise ValueError("points are a number")
            saved = self.desk.save(name, str(asked["token"]), str(asked["seen"]), score, str(asked["comment"]))
        except Conflict as conflict:
            self.answer(409, {"error": str(conflict), "mark": conflict.mark, "html": conflict.html})
        except KeyError:
            self.answer(400, {"error": "incomplete"})
        except LookupError as error:
            self.answer(404, {"error": str(error)})
        except (ValueError, TypeError) as error:
            self.answer(400, {"error": str(error)})
        except RecursionError:
            self.answer(400, {"error": "nested too deeply"})
        except GradingError as error:
            self.answer(503, {"error": f"Not written: {error}"})
        else:
            self.answer(200, saved)


def application(desk: Desk, secret: str) -> tornado.web.Application:
    """The page and its data."""
    given = {"desk": desk, "secret": secret}
    routes = [(r"/", _Page, given), (r"/questions", _Questions, given), (r"/questions/([\w.-]+)", _Question, given)]
    return tornado.web.Application(routes, log_function=lambda handler: None)


def serve(desk: Desk, port: int, opened: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. Raises OSError where the port is taken.

    port: 0 takes a free one
    opened: is told the page's address once it can be opened
    """

    async def run() -> None:
        secret = secrets.token_urlsafe(24)
        sockets = tornado.netutil.bind_sockets(port, "127.0.0.1")
        server = HTTPServer(application(desk, secret), max_body_size=MAX_BODY)
        server.add_sockets(sockets)
        end = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, end.set)
        opened(f"http://127.0.0.1:{sockets[0].getsockname()[1]}/?secret={secret}")
        await end.wait()
        server.stop()

    asyncio.run(run())
