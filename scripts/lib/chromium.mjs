import { say } from "./process.mjs";
import { findProgram, installFromDebian } from "./programs.mjs";

const PROGRAMS = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/**
 * The browser that the tests drive: the program that `CHROME_PATH` names, else the first Chromium or Chrome of this
 * machine.
 *
 * @returns {string | undefined} its path
 */
export function chromiumPath() {
  const named = process.env.CHROME_PATH;
  return findProgram(named ? [named] : PROGRAMS);
}

/**
 * Makes sure that the tests find a browser, installing Debian's Chromium where this process may. Resolves to whether
 * there is one; says how to get it when not.
 *
 * @returns {Promise<boolean>}
 */
export async function findChromium() {
  if (chromiumPath() !== undefined) return true;
  if (process.env.CHROME_PATH) {
    say(
      `CHROME_PATH is ${process.env.CHROME_PATH}, which is no program. Name Chromium or Chrome, or unset it.`,
    );
    return false;
  }
  if ((await installFromDebian("chromium")) && chromiumPath() !== undefined) return true;
  say(
    "The tests drive Chromium and found neither it nor Chrome. Install it and run again: `apt-get install chromium` " +
      "(Debian), `brew install --cask chromium` (macOS); or name the program in CHROME_PATH.",
  );
  return false;
}
