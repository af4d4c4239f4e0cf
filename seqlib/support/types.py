"""Types that the whole library shares."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Params = dict[str, Array]
Generator = np.random.Generator
