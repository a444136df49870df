import { once } from "node:events";
import { createServer, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import {
  createMessagingService,
  type LogFields,
  type MessagingService,
  type MessagingServiceOptions,
  type RouteMessaging,
} from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import supertest, { type Test } from "supertest";
import twilioSdk from "twilio";
import { afterEach } from "vitest";

/** What the application's own route finds. */
export interface Turn {
  readonly url: string;
  readonly messaging: RouteMessaging | undefined;
  /** The body as the framework's parsers leave it. */
  readonly body: unknown;
  readonly rawBody: unknown;
  /** Answers before the route returns, as `res.send` does; absent where a framework answers only afterwards. */
  readonly answerNow?: ((body: string) => Promise<void>) | undefined;
}

/** What the route answers: a body, or chunks that leave as they come. Nothing after a reply. */
export interface TurnAnswer {
  readonly status?: number;
  readonly body: string | AsyncIterable<string>;
}

/** The application's own route, after the service and whatever parser stands behind it. */
export type AppRoute = (turn: Turn) => Promise<TurnAnswer | undefined>;

/**
 * Where the service stands: on the whole app; on the path "/api" of it; on a router; or as handlers of the routes
 * "/sms" and "/receipts".
 */
export type Mount = "app" | "path" | "router" | "handlers";

/** An app to build around services. Its routes answer 404 unless `route` is given; an error of theirs is answered 418. */
export interface AppPlan {
  readonly services: readonly MessagingService[];
  readonly mount: Mount;
  /** A parser in front of the service, and one behind it, by the harness's names. */
  readonly front?: string | undefined;
  readonly behind?: string | undefined;
  readonly route?: AppRoute | undefined;
}

/** A parser of the framework's. */
export interface ParserTraits {
  /** Content types that it reads. */
  readonly reads: readonly string[];
  /** Whether it makes values of them, not bytes or text. */
  readonly parses: boolean;
  /** Whether it keeps the bytes beside what it made of them. */
  readonly keepsBytes: boolean;
}

/** One framework's major, as the battery uses it. */
export interface AdapterHarness {
  readonly name: string;
  readonly parsers: Readonly<Record<string, ParserTraits>>;
  /** Whether mounting on a path hides that path from what is mounted. */
  readonly stripsMountPath: boolean;
  /** An app whose POST /upload answers, past the service, how many bytes of its stream arrived. */
  build(plan: AppPlan): RequestListener;
}

export const FORM = "application/x-www-form-urlencoded";
export const JSON_TYPE = "application/json";
export const SENDER = "+14155550100";
export const PHONE = "+14155550123";
export const ORIGIN = "https://app.example";
export const AUTH_TOKEN = "12345678901234567890123456789012";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;

/** One app around a service, listening, and what is seen of it. */
export interface World {
  readonly service: MessagingService;
  readonly server: Server;
  /** Bodies of the messages that went to the provider's API. */
  readonly sent: string[];
  /** Warnings and errors, each with its fields. */
  readonly log: string[];
}

/** The names of a world's plan that have a default. */
export type WorldPlan = Partial<Omit<AppPlan, "services">> & {
  readonly options?: Partial<MessagingServiceOptions> | undefined;
  /** Further services, after the first. */
  readonly others?: readonly MessagingService[] | undefined;
};

const open: { close(): Promise<unknown> }[] = [];

/** Closes after each test what {@link createWorld} and {@link createService} opened. */
export function closeWorlds(): void {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });
}

/** A service on Twilio's provider whose API takes everything. */
export function createService(
  options: Partial<MessagingServiceOptions>,
  seen: { readonly sent: string[]; readonly log: string[] } = { sent: [], log: [] },
): MessagingService {
  const note = (message: string, fields?: LogFields): void => {
    seen.log.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  const service = createMessagingService({
    provider: twilio({
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      optOutHandling: "off",
      fetch: async (_, init) => {
        const form = new URLSearchParams(String(init?.body));
        seen.sent.push(form.get("Body") ?? "");
        return Response.json({ sid: newSid(), status: "queued" }, { status: 201 });
      },
    }),
    senders: [SENDER],
    store: "memory",
    publicUrl: ORIGIN,
    logger: { debug() {}, info() {}, warn: note, error: note },
    ...options,
  });
  open.push({ close: () => service.close({ timeoutMs: 0 }) });
  return service;
}

/** Builds and starts an app; default: one service on the whole of it, no parser, no route. */
export async function createWorld(harness: AdapterHarness, plan: WorldPlan = {}): Promise<World> {
  const seen = { sent: [] as string[], log: [] as string[] };
  const { options = {}, others = [], mount = "app", ...rest } = plan;
  const service = createService(options, seen);
  const server = createServer(harness.build({ services: [service, ...others], mount, ...rest }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  open.push({ close });
  return { service, server, ...seen };
}

/** A promise to settle by hand. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let pass = (): void => {};
  const passed = new Promise<void>((resolve) => {
    pass = resolve;
  });
  return { passed, open: pass };
}

/** A raw connection to a world's server. */
export async function dial({ server }: World): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  // Being cut off is what some tests are about.
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

let count = 0;
/** A message SID that nobody has used. */
export function newSid(): string {
  return `SM${(++count).toString(16).padStart(32, "0")}`;
}

/** The parameters of an inbound message. */
export function inbound(parameters: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { MessageSid: newSid(), From: PHONE, To: SENDER, Body: "hi", NumMedia: "0", ...parameters };
}

/** Signed as Twilio signs, by its own library. */
export function sign(path: string, parameters: Readonly<Record<string, string>>, origin = ORIGIN): string {
  return twilioSdk.getExpectedTwilioSignature(AUTH_TOKEN, origin + path, parameters);
}

/** A signed POST of a form. */
export function post(world: World, path: string, parameters: Readonly<Record<string, string>>): Test {
  return supertest(world.server)
    .post(path)
    .set("content-type", FORM)
    .set("x-twilio-signature", sign(path, parameters))
    .send(new URLSearchParams(parameters).toString());
}

/** A signed GET. */
export function get(world: World, path: string, parameters: Readonly<Record<string, string>>): Test {
  const url = `${path}?${new URLSearchParams(parameters)}`;
  return supertest(world.server).get(url).set("x-twilio-signature", sign(url, {}));
}

/** A raw answer. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
}

/** A request written piece by piece, in chunks unless a content length is given. */
export function send(
  { server }: World,
  path: string,
  headers: Readonly<Record<string, string>>,
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  onChunk: (chunk: string) => void = () => {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const call = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
        onChunk(chunk);
      });
      answer.on("error", reject).on("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    call.on("error", reject);
    const write = async (): Promise<void> => {
      for await (const piece of pieces) {
        if (call.destroyed) return;
        await new Promise<void>((written) => call.write(piece, () => written()));
      }
      call.end();
    };
    write().catch(reject);
  });
}

/** A signed form, one byte at a time. */
export function sendForm(
  world: World,
  path: string,
  parameters: Readonly<Record<string, string>>,
  onChunk?: (chunk: string) => void,
): Promise<RawAnswer> {
  const bytes = Buffer.from(new URLSearchParams(parameters).toString());
  const headers = { "content-type": FORM, "x-twilio-signature": sign(path, parameters) };
  const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte));
  return send(world, path, headers, pieces, onChunk);
}
