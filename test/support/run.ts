import { spawn } from "node:child_process";

/** How a command ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Node program that runs until it is ended. */
export interface RunningServer {
  /** Resolves when what it said so far matches. Rejects, with what it said, when it ends before. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** SIGTERM; resolves to its exit code. */
  end(): Promise<number | null>;
}

/** Starts a Node program. Should the tests end without it, so does it. */
export function startServer(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): RunningServer {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, NODE_ENV: "", NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  let said = "";
  let look = (): void => {};
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      look();
    });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  closed.finally(() => process.off("exit", kill)).catch(() => {});
  return {
    says(pattern) {
      return new Promise((resolve, reject) => {
        look = () => {
          const found = pattern.exec(said);
          if (found !== null) resolve(found);
        };
        look();
        closed.then((code) => reject(new Error(`It ended with ${code}:\n${said}`)), reject);
      });
    },
    end() {
      child.kill("SIGTERM");
      return closed;
    },
  };
}

/** Runs a command to its end. Rejects only when it cannot be started. */
export function run(
  command: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const child = spawn(command, args, {
    cwd,
    // The runner's own settings are none of the command's business.
    env: { ...process.env, NODE_ENV: "", NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...said }));
  });
}

/** The same, for a command that has to succeed: resolves to what it wrote to stdout, and rejects with everything it said. */
export async function runWell(...command: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...command);
  if (code === 0) return stdout;
  const [name, args] = command;
  throw new Error(`${name} ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}
