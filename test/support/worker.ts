import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Change, SendRequest, SettingsInput } from "@messaging-service/core";
import { onTestFinished } from "vitest";
import { freePort } from "./redis.ts";

/** What a service in a process of its own is made of. */
export interface WorkerOptions {
  readonly store: {
    readonly redis?: string | undefined;
    readonly lmdb?: string | undefined;
    readonly timeoutMs?: number | undefined;
  };
  /** Where the provider sends. Without it messages go to the parent, as "handed" events. */
  readonly carrier?:
    | { readonly baseUrl: string; readonly accountSid: string; readonly authToken: string }
    | undefined;
  /** Port of its web server: given, the same process comes back after a crash. Default a free one. */
  readonly port?: number | undefined;
  /** Kills itself around the first conditional write of a message record. */
  readonly dieAt?: "before-record" | "after-record" | undefined;
  /** Further options of createMessagingService. */
  readonly service: Readonly<Record<string, unknown>>;
}

/** What a worker reports by itself. */
export type WorkerEvent =
  | { readonly event: "up" }
  | { readonly event: "accepted"; readonly sid: string; readonly to: string }
  | { readonly event: "refused"; readonly code: string; readonly to: string }
  | { readonly event: "handed"; readonly sid: string; readonly to: string; readonly from: string }
  | { readonly event: "webhook"; readonly sid: string; readonly optOutType: string | null }
  | { readonly event: "change"; readonly change: Change };

/** A message as a worker's store has it. */
export interface WorkerMessage {
  readonly status: string;
  readonly ambiguous: boolean;
  readonly error: string | null;
  readonly errorCode: number | null;
  readonly direction: string;
  readonly from: string | null;
}

/** A conversation as a worker's store has it, its messages oldest first. */
export interface WorkerConversation {
  readonly sid: string;
  readonly state: string;
  readonly messages: readonly { readonly index: number; readonly messageSid: string }[];
}

/** Orders and what they are answered. */
interface Orders {
  start(options: WorkerOptions): null;
  send(
    requests: readonly SendRequest[],
  ): readonly { readonly sid?: string; readonly from?: string; readonly refused?: string }[];
  load(load: {
    readonly width: number;
    readonly recipients: readonly string[];
    readonly pauseMs: number;
  }): null;
  rest(): null;
  tour(tour: { readonly width: number; readonly recipients: readonly string[] }): null;
  messages(sids: readonly string[]): readonly (WorkerMessage | null)[];
  consent(addresses: readonly string[]): readonly string[];
  history(address: string): readonly unknown[];
  sticky(addresses: readonly string[]): readonly (string | null)[];
  conversations(addresses: readonly string[]): readonly (readonly WorkerConversation[])[];
  converse(address: string, body: string): string;
  alerts(): readonly { readonly code: string; readonly details: { readonly sid?: string } }[];
  update(change: SettingsInput): SettingsInput;
  settings(): SettingsInput;
  addSender(sender: string): unknown;
  removeSender(id: string): unknown;
  senders(): readonly string[];
  follow(after: string | undefined): null;
  feed(): readonly Change[];
}

/** A service in a process of its own. */
export interface Worker {
  readonly port: number;
  readonly pid: number;
  /** Rejects when the order fails or the process ends before it is done. */
  order<Name extends keyof Orders>(
    name: Name,
    ...args: Parameters<Orders[Name]>
  ): Promise<ReturnType<Orders[Name]>>;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** Resolves when the process has ended, to how. */
  readonly ended: Promise<string>;
  readonly alive: boolean;
}

const script = fileURLToPath(new URL("../trials/workers/service.mjs", import.meta.url));

/** Starts a worker and its service, and waits until it is ready. It ends with the test at the latest. */
export async function startWorker(
  options: WorkerOptions,
  listener: (event: WorkerEvent) => void = () => {},
): Promise<Worker> {
  const port = options.port ?? (await freePort());
  const child = spawnWorker(script);
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString("utf8")).slice(-4_000);
  });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let count = 0;
  let how = "";
  let alive = true;
  child.on("message", (message: Record<string, unknown>) => {
    if (typeof message.id !== "number") return listener(message as unknown as WorkerEvent);
    const order = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error === undefined) order?.resolve(message.result);
    else order?.reject(new Error(String(message.error)));
  });
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => {
      alive = false;
      how = `worker ${child.pid} ended with ${signal ?? code}: ${errors}`;
      for (const { reject } of waiting.values()) reject(new Error(how));
      waiting.clear();
      resolve(how);
    });
  });
  const worker: Worker = {
    port,
    pid: child.pid ?? 0,
    ended,
    get alive() {
      return alive;
    },
    order(name, ...args) {
      return new Promise((resolve, reject) => {
        if (!alive) return reject(new Error(how));
        const id = count++;
        waiting.set(id, { resolve: (result) => resolve(result as never), reject });
        child.send({ id, order: name, args }, (error) => {
          if (error !== null) reject(error);
        });
      });
    },
    async kill() {
      if (alive) child.kill("SIGKILL");
      await ended;
    },
  };
  await worker.order("start", { ...options, port });
  return worker;
}

/** Starts a script with an IPC channel; the process ends with the test at the latest. */
export function spawnWorker(
  path: string,
  args: readonly string[] = [],
  execArgv: string[] = [],
): ChildProcess {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
  const child = fork(path, args, { execArgv, env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await gone;
  });
  return child;
}
