import {
  createMessagingService,
  type Provider,
  type RouteMessaging,
  type Store,
  toFetchHandler,
} from "@messaging-service/core";
import { Hono } from "hono";

/** What differs between your machine and production. */
export interface AppOptions {
  readonly provider: Provider;
  /** A Keyv instance's place in production; "memory" forgets opt-outs on restart. */
  readonly store: Store | "memory";
  /** The origin that the provider calls: its signatures cover it. */
  readonly publicUrl: string;
  readonly senders: readonly string[];
}

type Env = { Variables: { messaging: RouteMessaging | undefined } };

/** A Hono app around the service's fetch handler; the same handler fits Bun.serve, Deno.serve and route handlers of Next.js. */
export function buildApp(options: AppOptions) {
  const app = new Hono<Env>();
  const service = createMessagingService(options);
  const messaging = toFetchHandler(service);

  // Answers keywords and status callbacks. Any other message goes on as c.get("messaging"); a reply to it is the answer.
  app.use("/messaging/*", async (c, next) => {
    const answer = await messaging(c.req.raw, async (_, turn) => {
      c.set("messaging", turn);
      await next();
      return c.res;
    });
    if (answer !== c.res) {
      // Not merged into what the route answered: instead of it.
      c.res = undefined;
      c.res = answer;
    }
  });

  app.post("/messaging/inbound", async (c) => {
    const turn = c.get("messaging");
    if (turn === undefined) return c.notFound();
    await turn.reply(`You said: ${turn.message.body}`);
    return c.body(null);
  });

  app.post("/send", async (c) => {
    const { to, body } = await c.req.json<{ to: string; body: string }>();
    const { sid, from, status } = await service.send({ to, body });
    return c.json({ sid, from, status }, 202);
  });

  return Object.assign(app, { service });
}
