import { type Browser, chromium } from "playwright-core";
import { chromiumPath } from "../../scripts/lib/chromium.mjs";

export type { Browser, Page } from "playwright-core";

/** Else a browser calls home: for updates, synchronisation, and what it might be asked next. */
const SILENT = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/**
 * Starts a headless Chromium with an empty profile of its own, which reaches this machine alone. Rejects, and so fails
 * the test, where none is installed.
 */
export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined)
    throw new Error(
      "These tests drive a real browser: install Chromium or Chrome (apt-get install chromium), or name it in CHROME_PATH.",
    );
  // Chromium's sandbox refuses to run as root.
  return chromium.launch({ executablePath, args: SILENT, chromiumSandbox: process.getuid?.() !== 0 });
}
