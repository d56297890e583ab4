"""The pictures of docs/guides/qa.md: the report of a campaign against a mock with the real server's defects.

    python benchmarks/fuzz/pictures.py [--time 20] [--folder docs/images]

Needs Playwright and the system's Chromium.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import playwright.sync_api

import flowmock

TOKEN = "pictures-token-0123456789"
DEFECTS = ("defect-nul", "defect-non-ascii-token", "defect-shadowed-slugs")
WIDTHS = {"wide": (1200, 1000), "phone": (390, 844)}
PICTURES = (
    ("top", "wide", "light"),
    ("plots", "wide", "dark"),
    ("heat", "wide", "light"),
    ("top", "phone", "dark"),
    ("plots", "phone", "light"),
    ("heat", "phone", "dark"),
)
"""Part of the page, width, colors."""


def _report(folder: Path, seconds: float) -> Path:
    with flowmock.running(tokens=(TOKEN,), scenario=DEFECTS) as mock:
        words = [sys.executable, "-m", "flowcontract", "fuzz", mock.url, "--time", f"{seconds:g}"]
        words += ["--name", "nightly", "--database", str(folder / "c.db"), "--report", str(folder / "report.html")]
        subprocess.run(words, env={**os.environ, "FLOWCONTRACT_TOKEN": TOKEN}, check=False)
    return folder / "report.html"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", type=float, default=20)
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder, playwright.sync_api.sync_playwright() as driver:
        report = _report(Path(folder), arguments.time)
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for part, name, scheme in PICTURES:
            width, height = WIDTHS[name]
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.goto(report.as_uri())
            if part != "top":
                page.evaluate(f"document.getElementById('{part}').scrollIntoView()")
            page.screenshot(path=arguments.folder / f"campaign-{part}-{name}-{scheme}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
