import { bodyParser } from "@koa/bodyparser";
import { Router } from "@koa/router";
import {
  type Conversation,
  createMessagingService,
  isMessagingError,
  type MessagingServiceOptions,
  systemClock,
} from "@messaging-service/core";
import { messagingService } from "@messaging-service/koa";
import Koa, { type Context, type Middleware } from "koa";
import { createAgents, ownPagesOnly } from "./agents.ts";
import { createInbox } from "./inbox.ts";
import { createNews } from "./news.ts";
import { securityHeaders, serveFiles } from "./page.ts";

/** What differs from one deployment to the next: the provider, the senders, where state is kept, the public URL. */
export interface AppOptions extends MessagingServiceOptions {
  /** What all agents sign in with: at least 20 characters that nobody guesses. */
  readonly agentToken: string;
}

/**
 * A Koa app where agents answer texts in a page: a text begins a conversation, or joins the one there is.
 *
 * @throws Error for a short agentToken, MessagingError for another option that is wrong, naming it.
 */
export function buildApp({ agentToken, ...options }: AppOptions) {
  const secure = options.publicUrl?.startsWith("https:") ?? false;
  const agents = createAgents({ token: agentToken, secure, clock: options.clock ?? systemClock });
  const service = createMessagingService({
    inboundHandling: "conversation",
    // A text after a silent week begins another one, which stands at the top of the list.
    conversations: { closeAfter: 7 * 86_400 },
    optOut: { brand: "Acme", supportContact: "help@acme.example" },
    ...options,
  });
  const { conversations } = service;
  const inbox = createInbox(service);
  const news = createNews(service, inbox);

  const app = new Koa();
  app.use(securityHeaders).use(refusals);
  // A page that leaves breaks its event stream off, which is no error.
  app.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "ERR_STREAM_PREMATURE_CLOSE" && error.code !== "ECONNRESET") app.onerror(error);
  });
  // The carrier's webhooks. STOP, START and HELP are answered here, for conversations too.
  app.use(messagingService(service));
  app.use(ownPagesOnly).use(serveFiles());
  // JSON alone: another site's form cannot send it.
  app.use(bodyParser({ enableTypes: ["json"], jsonLimit: "16kb" }));

  const door = new Router({ prefix: "/api/session" });
  door.get("/", agents.required, (ctx) => {
    ctx.body = { name: agents.session(ctx)?.name };
  });
  door.post("/", (ctx) => {
    const [token, name] = [textOf(ctx, "token", 200), textOf(ctx, "name", 40)];
    if (!agents.signIn(ctx, token, name)) ctx.throw(401, "That is not the token.");
    ctx.status = 204;
  });
  door.delete("/", (ctx) => {
    agents.signOut(ctx);
    ctx.status = 204;
  });

  // Nothing in here is reached without a session.
  const api = new Router({ prefix: "/api" });
  api.use(agents.required);
  api.get("/events", (ctx) => news.stream(ctx, agents.session(ctx)?.until ?? 0));
  api.get("/conversations", async (ctx) => {
    const { items, cursor } = await inbox.rows(cursorOf(ctx));
    ctx.body = { conversations: items, cursor };
  });
  api.get("/conversations/:sid", async (ctx) => {
    ctx.body = await inbox.row(await conversationOf(ctx));
  });
  api.get("/conversations/:sid/messages", async (ctx) => {
    const { items, cursor } = await inbox.lines((await conversationOf(ctx)).sid, cursorOf(ctx));
    ctx.body = { messages: items, cursor };
  });
  // From the sender that the person texted, by all the rules of sending: OPTED_OUT is one of them.
  api.post("/conversations/:sid/messages", async (ctx) => {
    const { sid } = await conversationOf(ctx);
    const { status } = await conversations.send(sid, {
      body: textOf(ctx, "body", 1_600),
      author: agents.session(ctx)?.name,
      // Pressed twice, or sent again because the answer was lost, it is one message.
      idempotencyKey: `${sid}:${textOf(ctx, "key", 64)}`,
    });
    ctx.status = 201;
    ctx.body = { status };
  });
  api.post("/conversations/:sid/read", async (ctx) => {
    await inbox.markRead(await conversationOf(ctx), indexOf(ctx));
    ctx.status = 204;
  });
  api.post("/conversations/:sid/close", async (ctx) => {
    await conversations.close((await conversationOf(ctx)).sid);
    ctx.status = 204;
  });
  app.use(door.routes()).use(api.routes());

  async function conversationOf(ctx: Context): Promise<Conversation> {
    const conversation = await conversations.get(ctx.params.sid);
    return conversation ?? ctx.throw(404, "There is no such conversation.");
  }

  return {
    app,
    service,
    /** How many agents' pages listen. */
    listening: news.count,
    /** Lets what is under way finish. */
    async close(): Promise<void> {
      news.close();
      await service.close();
    },
  };
}

/** What was refused is the agent's to read; what broke is not. */
const refusals: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    const { status, expose, message } = error as { status?: number; expose?: boolean; message: string };
    if (isMessagingError(error)) ctx.body = { code: error.code, message };
    else if (status !== undefined && status < 500)
      ctx.body = { message: expose === true ? message : "Bad request." };
    else throw error;
    ctx.status = status ?? 500;
  }
};

function textOf(ctx: Context, name: string, most: number): string {
  const text = field(ctx, name);
  if (typeof text === "string" && text.trim() !== "" && text.length <= most) return text;
  return ctx.throw(400, `Give ${name} as a text of 1 to ${most} characters, in JSON.`);
}

function indexOf(ctx: Context): number {
  const index = field(ctx, "index");
  if (typeof index === "number" && Number.isSafeInteger(index) && index >= 0) return index;
  return ctx.throw(400, "Give index as a whole number, in JSON.");
}

function field({ request }: Context, name: string): unknown {
  return (request.body as Readonly<Record<string, unknown>> | undefined)?.[name];
}

function cursorOf({ query }: Context): string | undefined {
  return [query.cursor].flat()[0];
}
