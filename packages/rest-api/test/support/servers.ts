import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { toFetchHandler } from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import type { RestApi } from "@messaging-service/rest-api";
import express from "express";
import express4 from "express-v4";
import Koa from "koa";
import Koa2 from "koa-v2";
import twilio from "twilio";
import { onTestFinished } from "vitest";
import { ACCOUNT, TOKEN } from "./api.ts";

/** A way to mount the API: what serves it, and the path it then answers under. */
export interface Server {
  readonly name: string;
  readonly mount: string;
  readonly listener: (api: RestApi) => RequestListener;
}

/** The API on each framework and major, and on Request and Response; once with a parser before it, once on a mount path. */
export const SERVERS: readonly Server[] = [
  { name: "Express 5", mount: "", listener: (api) => express().use(onExpress(api)) as RequestListener },
  {
    name: "Express 5 behind urlencoded",
    mount: "",
    listener: (api) =>
      express().use(express.urlencoded({ extended: true }), onExpress(api)) as RequestListener,
  },
  {
    name: "Express 5 on a mount path",
    mount: "/twilio",
    listener: (api) => express().use("/twilio", onExpress(api)) as RequestListener,
  },
  { name: "Express 4", mount: "", listener: (api) => express4().use(onExpress(api)) },
  { name: "Koa 3", mount: "", listener: (api) => new Koa().use(onKoa(api)).callback() },
  { name: "Koa 2", mount: "", listener: (api) => new Koa2().use(onKoa(api)).callback() },
  { name: "fetch", mount: "", listener: fetchListener },
];

/** Listens on the loopback until the test ends; resolves to the API's base URL. */
export async function listen(api: RestApi, { listener, mount }: Server): Promise<string> {
  const server = createServer(listener(api)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${mount}`;
}

/** The official client, its two base URLs led to ours, and that of consents. */
export function clientOf(
  url: string,
  user: string = ACCOUNT,
  secret: string = TOKEN,
): ReturnType<typeof twilio> {
  const client = twilio(user, secret, { accountSid: ACCOUNT });
  client.api.baseUrl = url;
  client.messaging.baseUrl = url;
  client.accounts.baseUrl = url;
  return client;
}

/** A Request and a Response for Node's own. */
function fetchListener(api: RestApi): RequestListener {
  const handler = toFetchHandler(api);
  return async (request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
      name,
      String(value),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "GET", url = "/" } = request;
    const hasBody = method !== "GET" && method !== "HEAD";
    const answered = await handler(
      new Request(`http://${request.headers.host}${url}`, {
        method,
        headers,
        ...(hasBody ? { body: Buffer.concat(chunks) } : {}),
      }),
    );
    response.writeHead(answered.status, Object.fromEntries(answered.headers));
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
}
