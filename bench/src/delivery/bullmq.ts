import type { Provider } from "@messaging-service/core";
import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { BODY, ORIGIN, phone, senderOf } from "./load.ts";
import { countdown, type Rate, timed, WIDTH } from "./rate.ts";

/** One BullMQ job per message; its worker hands the message to the provider. `end`: when all are done, by default when every job is. */
export async function bullmq(
  port: number,
  provider: Provider,
  messages: number,
  end?: Promise<void>,
): Promise<Rate> {
  const name = `bench${Math.random()}`;
  const connect = (): Redis => new Redis({ host: "127.0.0.1", port, maxRetriesPerRequest: null });
  const connections = [connect(), connect()] as const;
  const queue = new Queue<{ to: string; body: string }>(name, {
    connection: connections[0],
    defaultJobOptions: { removeOnComplete: true },
  });
  const worker = new Worker<{ to: string; body: string }>(
    name,
    async ({ id, data }) => {
      await provider.send({
        sid: id ?? "",
        from: senderOf(Number(id)),
        to: data.to,
        kind: "SMS",
        body: data.body,
        mediaUrl: [],
        validityPeriod: 36_000,
        statusCallback: `${ORIGIN}/messaging/status/simulator?sid=${id}`,
      });
    },
    { connection: connections[1], concurrency: WIDTH },
  );
  const completed = countdown(messages);
  worker.on("completed", completed.tick);
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
  const call = (n: number): Promise<unknown> => queue.add("send", { to: phone(n), body: BODY });
  const rate = await timed(messages, call, end ?? completed.end);
  await worker.close();
  await queue.close();
  for (const connection of connections) connection.disconnect();
  return rate;
}
