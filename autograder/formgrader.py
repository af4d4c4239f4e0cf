"""nbgrader's formgrader, hardened: a Jupyter server extension that is loaded beside it.

A page of formgrader's runs the scripts of its templates and no other: each of them carries a nonce that is fresh for the
answer, put into the templates before anything of a student's is. Marks are changed with a token that only these pages hold.
What a student handed in is served as a file of another origin, where no script runs.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import html
import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from jinja2 import BaseLoader, Environment
from tornado import web

from autograder.engine.pages import PageExporter

HEADER = "X-Formgrader-Token"
_TOKEN = secrets.token_urlsafe(32)
HANDLERS = (  # of nbgrader's templates, in attributes
    "toggle_name(true);",
    "toggle_name(false);",
    "toggleAllNames()",
    "createAssignmentModal();",
    "createStudentModal();",
)
_OWN = ("index.html.j2", "formgrade_macros.html.j2")
_ALL_SCRIPTS = re.compile(r"<script\b")
_MATHJAX = re.compile(r"\{\{\s*mathjax\(.*?\)\s*\}\}")
# Formulas come as MathML. Formgrader waits for the end of MathJax's work before it selects the first field.
_NO_MATHJAX = "<script>var MathJax = {Hub: {Startup: {signal: {Interest: function (done) { $(function () { done('End'); }); }}}}};</script>"
# Every request of the page's own scripts carries the token; other pages cannot read it.
_SEND = "<script>$.ajaxSetup({{headers: {{{header}: {token}}}}});</script>"
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


def policy(nonce: str) -> str:
    """What a page of formgrader's may do."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(h.encode()).digest()).decode()}'" for h in HANDLERS)
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'unsafe-hashes' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'none'; object-src 'none'"
    )


class TrustedTemplates(BaseLoader):
    """The templates of another loader, whose scripts carry the nonce of the page that is made from them.

    The text of a template is changed, never that of a page: what comes into it later has no nonce.
    """

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        """A template's text."""
        source, name, fresh = self._loader.get_source(environment, template)
        if not (template.endswith(".tpl") or template in _OWN):
            return source, name, fresh  # nbconvert's: some of its scripts are made of a notebook's outputs
        source = _MATHJAX.sub(_NO_MATHJAX, source)
        if "backbone_xsrf.js" in source:
            source = re.sub(r"(<script[^>]*backbone_xsrf\.js[^>]*></script>)", rf"\1{send()}", source)
        return _ALL_SCRIPTS.sub('<script nonce="{{ nonce or resources.nonce }}"', source), name, fresh

    def list_templates(self) -> list[str]:
        """Their names."""
        return self._loader.list_templates()


def send() -> str:
    """The script that lets the page's other scripts send the token."""
    return _SEND.format(header=json.dumps(HEADER), token=json.dumps(_TOKEN))


class _Exporter:
    """An exporter whose pages carry a nonce, and whose names are text and nothing else."""

    def __init__(self, exporter: Any, nonce: str) -> None:
        self._exporter, self._nonce = exporter, nonce

    def from_filename(self, name: str, resources: dict[str, Any]) -> Any:
        """The page of a graded notebook."""
        escaped = {key: html.escape(value) if isinstance(value, str) else value for key, value in resources.items()}
        return self._exporter.from_filename(name, resources={**escaped, "nonce": self._nonce})


def harden() -> None:
    """Change nbgrader's handlers. Raises UnknownVersion on an nbgrader for which this was not written."""
    from nbgrader.server_extensions.formgrader import base, formgrader, handlers

    from autograder import patches

    patches.require("nbgrader")
    handler = base.BaseHandler
    if getattr(handler, "hardened", False):
        return
    handler.hardened = True
    handler.nonce = functools.cached_property(lambda self: secrets.token_urlsafe(16))
    handler.nonce.__set_name__(handler, "nonce")
    patches.replace(
        handler, "exporter", property(lambda self: _Exporter(self.settings["nbgrader_exporter"], self.nonce))
    )
    render = handler.render
    patches.replace(
        handler, "render", lambda self, name, **values: render(self, name, **{**values, "nonce": self.nonce})
    )
    patches.replace(handler, "content_security_policy", property(lambda self: policy(self.nonce)))
    patches.replace(handlers.SubmissionFilesHandler, "content_security_policy", property(lambda self: _SANDBOX))
    patches.replace(base.BaseApiHandler, "prepare", _checked(base.BaseApiHandler.prepare))
    patches.replace(formgrader.FormgradeExtension, "init_tornado_settings", _trusting(formgrader.FormgradeExtension))


def _checked(prepare: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A request that changes something comes from a page that holds the token."""

    @functools.wraps(prepare)
    async def checked(self: Any) -> None:
        given = self.request.headers.get(HEADER, "")
        if self.request.method not in ("GET", "HEAD", "OPTIONS") and not hmac.compare_digest(
            given.encode(), _TOKEN.encode()
        ):
            raise web.HTTPError(403, f"{HEADER} is missing or of another server")
        done = prepare(self)
        if done is not None:
            await done

    return checked


def _trusting(extension: Any) -> Callable[[Any, Any], None]:
    initialise = extension.init_tornado_settings

    @functools.wraps(initialise)
    def trusting(self: Any, webapp: Any) -> None:
        initialise(self, webapp)
        pages = webapp.settings["nbgrader_jinja2_env"]
        pages.loader, pages.autoescape = TrustedTemplates(pages.loader), True
        exporter = webapp.settings["nbgrader_exporter"] = PageExporter(config=self.config)  # type: ignore[no-untyped-call]
        exporter.environment.loader = TrustedTemplates(exporter.environment.loader)

    return trusting


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by the Jupyter server, before or after formgrader's own."""
    harden()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "autograder.formgrader"}]
