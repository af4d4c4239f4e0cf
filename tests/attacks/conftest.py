"""The class of the engine's tests, for attacks that need one."""

from tests.engine.conftest import whole_class

__all__ = ["whole_class"]
