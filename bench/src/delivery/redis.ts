import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Redis } from "ioredis";

/** A redis-server of the bench's own, in memory alone. */
export async function startRedis(): Promise<{
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { readonly port: number };
  await new Promise((resolve) => probe.close(resolve));
  const server = spawn(
    "redis-server",
    ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
    { stdio: "ignore" },
  );
  await once(server, "spawn");
  const client = new Redis({ host: "127.0.0.1", port, retryStrategy: () => 20 });
  client.on("error", () => {});
  await client.ping();
  client.disconnect();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async stop() {
      const gone = once(server, "close");
      server.kill("SIGTERM");
      await gone;
    },
  };
}
