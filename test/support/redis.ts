import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A redis-server of a test's own, on a free port of the loopback interface. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** SIGSTOP: alive, connected, and silent. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** SIGKILL, and wait until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  /** Sends one command (no spaces inside a word) and answers the raw reply. */
  command(...words: string[]): Promise<string>;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
}

/** Settings of {@link startRedis}. */
export interface RedisServerOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Keeps an append-only file, flushed at every write, so that {@link RedisServer.restart} finds the data. */
  readonly persistent?: boolean;
  /** Further arguments: `["--maxmemory-policy", "allkeys-lru"]`. */
  readonly args?: readonly string[];
}

/** A test that fails midway stops nothing; its process does. */
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const server of running) server.kill("SIGKILL");
});

/** Starts a real Redis. Rejects, and so fails the test, where none is installed. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  if (spawnSync("redis-server", ["--version"]).status !== 0) {
    throw new Error(
      "These tests need a real Redis: install redis-server 7 or later (apt-get install redis-server, brew install redis) and put it on PATH.",
    );
  }
  const port = options.port ?? (await freePort());
  const directory = mkdtempSync(join(tmpdir(), "redis-"));
  let server: ChildProcess;

  async function start(): Promise<void> {
    const persistence = options.persistent
      ? ["--appendonly", "yes", "--appendfsync", "always"]
      : ["--appendonly", "no"];
    server = spawn(
      "redis-server",
      [
        ...["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory],
        ...persistence,
        ...(options.args ?? []),
      ],
      { stdio: "ignore" },
    );
    running.add(server);
    await untilReady(port, server);
  }

  async function kill(): Promise<void> {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once("exit", resolve));
    server.kill("SIGKILL");
    await gone;
    running.delete(server);
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => void server.kill("SIGSTOP"),
    resume: () => void server.kill("SIGCONT"),
    kill,
    restart: start,
    command: (...words) => send(port, words),
    async stop() {
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A port of the loopback interface on which nobody listens. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no TCP port");
  return address.port;
}

async function untilReady(port: number, server: ChildProcess): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`redis-server ended with code ${server.exitCode}`);
    const answer = await send(port, ["PING"]).catch(() => "");
    if (answer.startsWith("+PONG") || answer.startsWith("-NOAUTH")) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function send(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1");
    let reply = "";
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      reply += chunk.toString("utf8");
      // Bulk replies come in one piece at these sizes; what matters is that something complete arrived.
      if (reply.endsWith("\r\n")) {
        socket.destroy();
        resolve(reply);
      }
    });
    socket.write(
      `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`,
    );
  });
}
