"""The class of the engine's tests, for attacks that need one."""

from tests.engine.conftest import new_class, whole_class

__all__ = ["new_class", "whole_class"]
