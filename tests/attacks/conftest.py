"""The class of the engine's tests, for attacks that need one."""

from tests.engine.conftest import library, new_class, whole_class

__all__ = ["library", "new_class", "whole_class"]
