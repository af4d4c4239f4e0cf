"""What strangers wrote, read in time in proportion to its length."""

from __future__ import annotations

import gc
import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """json.loads while the garbage collector rests, which would look through millions of small lists again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return json.loads(text)
    finally:
        if was_on:
            gc.enable()
