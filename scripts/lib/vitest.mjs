import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { bin, CACHE, ROOT, run, say } from "./process.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Tally */

const REPORT = `${CACHE}test-report.json`;

/**
 * Runs the tests once, for the reader on the terminal and into a report to count from.
 *
 * @param {readonly string[]} args
 * @param {{ node?: string, env?: Record<string, string> }} [options] node: the binary to run them with
 * @returns {Promise<Tally>}
 */
export async function runVitest(args, { node, env } = {}) {
  mkdirSync(CACHE, { recursive: true });
  rmSync(REPORT, { force: true });
  const all = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${REPORT}`, ...args];
  const options = env === undefined ? {} : { env };
  const code =
    node === undefined
      ? await bin("vitest", all, options)
      : await run(node, [`${ROOT}node_modules/vitest/vitest.mjs`, ...all], options);

  const report = existsSync(REPORT) ? JSON.parse(readFileSync(REPORT, "utf8")) : undefined;
  if (report === undefined) say("vitest ended without a report.");
  return tally(report, code);
}

/**
 * Counts a run. What failed without being a test counts as one: a file that could not be loaded or whose hook threw;
 * and a run that vitest calls failed though every test passed (an unhandled rejection, no tests, a crash).
 *
 * @param {any} report vitest's JSON report; `undefined` when there is none
 * @param {number} exitCode vitest's
 * @returns {Tally}
 */
export function tally(report, exitCode) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = report.testResults.filter(
    (/** @type {any} */ file) =>
      file.status === "failed" &&
      !file.assertionResults.some((/** @type {any} */ t) => t.status === "failed"),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * @param {Tally} tally
 * @returns {string} `N passed, N failed`, and the skipped ones if there are any
 */
export function tallyLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/**
 * Prints the tally as the last line, and before it what failed besides tests. Answers the exit code.
 *
 * @param {Tally} tally
 * @param {readonly string[]} [failedChecks]
 */
export function printTally(tally, failedChecks = []) {
  for (const name of failedChecks) say(`failed: ${name}`);
  console.log(tallyLine(tally));
  return tally.failed === 0 ? 0 : 1;
}
