"""The browser that looks at pages, wherever a machine has it; None where it has none."""

import shutil

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
