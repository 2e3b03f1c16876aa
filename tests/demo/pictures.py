"""The README's pictures, from what `make demo` wrote: `python -m tests.demo.pictures demo-output docs/pictures`."""

import asyncio
import shutil
import sys
from pathlib import Path

from playwright.async_api import async_playwright

SHOWN = {"report": "header", "research": "#research", "safety": "#safety"}


async def take(report: str, folder: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = await browser.new_page(viewport={"width": 1100, "height": 640})
        await page.goto(report)
        for name, place in SHOWN.items():
            top = await page.locator(place).first.evaluate("place => place.getBoundingClientRect().top + scrollY")
            await page.evaluate("top => scrollTo(0, Math.max(0, top - 12))", top)
            await page.screenshot(path=folder / f"{name}.png")
        await browser.close()


if __name__ == "__main__":
    report = Path(sys.argv[1]).absolute() / "report.html"
    asyncio.run(take(report.as_uri(), Path(sys.argv[2])))
