import { createHmac } from "node:crypto";
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** Pigeon itself, as much of it as a demonstration needs: on this machine, delivering at once. */
export interface PigeonCarrier {
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly baseUrl: string;
  /** Emits "text", with the {@link Submission}, when one has reached its phone and was reported to have. */
  readonly phones: EventEmitter;
  /** Posts a text of somebody's to one of our senders; resolves to the status of the answer. */
  text(webhookUrl: string, from: string, to: string, text: string): Promise<number>;
  close(): void;
}

/** What a program posts to `/v1/messages`. */
export interface Submission {
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly callback?: string | undefined;
}

/** Starts it. */
export async function startCarrier(): Promise<PigeonCarrier> {
  const phones = new EventEmitter();
  const apiKey = "loft-key";
  const webhookSecret = "coo";
  let count = 0;

  const post = async (url: string, event: object): Promise<number> => {
    const body = JSON.stringify({ events: [event] });
    const seconds = Math.floor(Date.now() / 1_000);
    const signature = createHmac("sha256", webhookSecret).update(`${seconds}.${body}`).digest("hex");
    const headers = {
      "content-type": "application/json",
      "x-pigeon-signature": `t=${seconds},v1=${signature}`,
    };
    return (await fetch(url, { method: "POST", headers, body })).status;
  };

  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${apiKey}`) return response.writeHead(401).end();
    const message = JSON.parse(await bodyOf(request)) as Submission;
    const id = `pg_${++count}`;
    response.writeHead(202, { "content-type": "application/json" }).end(JSON.stringify({ id }));
    if (message.callback !== undefined)
      // A receipt that nobody takes is lost.
      for (const status of ["in_flight", "landed"])
        await post(message.callback, { type: "message.status", id, status }).catch(() => 0);
    phones.emit("text", message);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    apiKey,
    webhookSecret,
    phones,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: (url, from, to, text) =>
      post(url, { type: "message.received", id: `pg_${++count}`, from, to, text }),
    close: () => server.close(),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}
