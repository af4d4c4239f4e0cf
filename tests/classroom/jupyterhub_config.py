"""A JupyterHub on one machine, with an account for each person: students' servers run under their own names."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  (JupyterHub provides it)

place = Path(os.environ["HUB_PLACE"])
c.JupyterHub.bind_url = os.environ["HUB_ADDRESS"]
c.JupyterHub.hub_bind_url = os.environ["HUB_INNER_ADDRESS"]
c.JupyterHub.db_url = f"sqlite:///{place}/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(place / "cookie-secret")
c.ConfigurableHTTPProxy.command = [str(Path(sys.executable).with_name("configurable-http-proxy"))]
c.ConfigurableHTTPProxy.api_url = os.environ["HUB_PROXY_ADDRESS"]
c.ConfigurableHTTPProxy.pid_file = str(place / "proxy.pid")
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allowed_users = {"ada", "ben", "teacher"}
c.DummyAuthenticator.password = os.environ["HUB_SECRET"]
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [os.environ["HUB_STUDENTS_PYTHON"], "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.http_timeout = c.Spawner.start_timeout = 300
c.Spawner.environment = {"JUPYTER_CONFIG_PATH": str(place / "config"), "MPLBACKEND": "agg"}


def with_the_project(spawner):
    """The instructor's server alone has the environment in which the project is."""
    if spawner.user.name == "teacher":
        spawner.cmd = [sys.executable, *spawner.cmd[1:]]


c.Spawner.pre_spawn_hook = with_the_project
c.JupyterHub.load_roles = [
    {
        "name": "test",
        "scopes": ["admin:users", "admin:servers", "tokens", "access:servers"],
        "services": ["test"],
    }
]
c.JupyterHub.services = [{"name": "test", "api_token": os.environ["HUB_SECRET"]}]
