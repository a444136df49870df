import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import type { KeyvLike } from "@messaging-service/core";

/** Sends one raw command. */
export type Command = (...words: string[]) => Promise<unknown>;

/** A Keyv and its client, listened to. */
export interface CountedKeyv {
  readonly keyv: KeyvLike;
  readonly command: Command;
  /** The waves that pass until the task has ended: a command that leaves after an answer came begins a new one. */
  count(task: () => Promise<unknown>): Promise<number>;
  close(): Promise<void>;
}

/** From the tests' own dependencies: the bench has none of Redis. */
const fromTests = createRequire(new URL("../../../test/package.json", import.meta.url));

/** A Keyv on that Redis whose client is listened to. */
export async function openKeyv(url: string): Promise<CountedKeyv> {
  const { default: KeyvRedis } = fromTests("@keyv/redis") as {
    default: new (
      url: string,
    ) => { getClient(): Promise<{ sendCommand(...args: unknown[]): Promise<unknown> }> };
  };
  const { Keyv } = fromTests("keyv") as {
    Keyv: new (adapter: unknown) => KeyvLike & { disconnect(): Promise<void> };
  };
  const adapter = new KeyvRedis(url);
  const keyv = new Keyv(adapter);
  const client = await adapter.getClient();
  const send = client.sendCommand.bind(client);
  let waves = 0;
  let answered = true;
  client.sendCommand = (...args) => {
    if (answered) waves += 1;
    answered = false;
    const reply = send(...args);
    const note = (): void => {
      answered = true;
    };
    reply.then(note, note);
    return reply;
  };
  return {
    keyv,
    command: (...words) => send(words),
    async count(task) {
      const before = waves;
      await task();
      return waves - before;
    },
    close: () => keyv.disconnect(),
  };
}

/** A redis-server of the bench's own, without persistence, on a free port of the loopback interface. */
export async function startRedis(): Promise<{ readonly url: string; stop(): void }> {
  const port = await freePort();
  const child = spawn("redis-server", ["--port", `${port}`, "--bind", "127.0.0.1", "--save", ""], {
    stdio: "ignore",
  });
  const failed = new Promise<never>((_, reject) => {
    child.once("error", () => reject(new Error("This bench needs redis-server on PATH.")));
  });
  for (;;) {
    const listening = await Promise.race([failed, isListening(port)]);
    if (listening) return { url: `redis://127.0.0.1:${port}`, stop: () => void child.kill("SIGKILL") };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(resolve, 20, false));
  });
}
