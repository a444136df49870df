import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

/** The repository's root; every command runs in it. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Where scripts keep what may be thrown away. */
export const CACHE = `${ROOT}.cache/`;

const SIGNALS = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);

/**
 * Runs a command to its end and resolves to its exit code: 127 when it cannot be started, 128 and the signal's number
 * when a signal ended it. A signal to this process goes on to the command, and ends this process after it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: Record<string, string> }} [options] quiet: output is shown, on stderr, only when the
 *   command fails.
 * @returns {Promise<number>}
 */
export function run(command, args, { quiet = false, env = {} } = {}) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => output.push(chunk));

  let interrupted = false;
  /** @param {NodeJS.Signals} signal */
  const pass = (signal) => {
    interrupted = true;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);

  return new Promise((resolve) => {
    child.on("error", (error) => {
      output.push(Buffer.from(`${error.message}\n`));
      finish(127);
    });
    child.on("close", (code, signal) => finish(signal ? 128 + constants.signals[signal] : (code ?? 1)));

    let finished = false;
    /** @param {number} code */
    function finish(code) {
      if (finished) return;
      finished = true;
      for (const signal of SIGNALS) process.off(signal, pass);
      if (code !== 0) process.stderr.write(Buffer.concat(output));
      if (interrupted) process.exit(code === 0 ? 130 : code);
      resolve(code);
    }
  });
}

/**
 * Runs a program of node_modules/.bin.
 *
 * @param {string} name
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function bin(name, args, options) {
  return run(`${ROOT}node_modules/.bin/${name}`, args, options);
}

/**
 * What a script says about itself goes to stderr: stdout belongs to the command it runs.
 *
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`${line}\n`);
}
