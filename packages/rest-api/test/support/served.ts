import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { HttpHandler } from "@messaging-service/core";
import { messagingService as expressMiddleware } from "@messaging-service/express";
import { messagingService as koaMiddleware } from "@messaging-service/koa";
import express from "express";
import Koa from "koa";
import twilio from "twilio";
import { onTestFinished } from "vitest";
import { ACCOUNT, TOKEN } from "./api.ts";

/** The servers that an API is mounted on. */
export const SERVERS = {
  Express: (api: HttpHandler): Server => createServer(express().use(expressMiddleware(api))),
  Koa: (api: HttpHandler): Server => createServer(new Koa().use(koaMiddleware(api)).callback()),
} as const;

/** Where an API is served, and the official client that was told so. */
export interface Served {
  readonly origin: string;
  readonly client: ReturnType<typeof twilio>;
}

/** Serves an API on the loopback interface until the test ends. */
export async function serve(api: HttpHandler, name: keyof typeof SERVERS = "Express"): Promise<Served> {
  const server = SERVERS[name](api);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, client: toldClient(origin) };
}

/** The official client with its two base URLs set, and that of consents. */
export function toldClient(origin: string): ReturnType<typeof twilio> {
  const client = twilio(ACCOUNT, TOKEN);
  client.api.baseUrl = origin;
  client.messaging.baseUrl = origin;
  client.accounts.baseUrl = origin;
  return client;
}
