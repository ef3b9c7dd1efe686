"""Take docs/pictures/report.png: the first page of a run's report, as Chromium shows it.

Needs Chromium and the extra `test`: `scafe demo --seed 1`, then
`python docs/make_report_picture.py REPORT.html`.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "pictures" / "report.png"
SIZE = {"width": 1180, "height": 820}


def main(report: Path) -> None:
    """Open the report as a reader would, and keep what the window shows."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(report.resolve().as_uri())
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
