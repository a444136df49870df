import KeyvRedis from "@keyv/redis";
import { Router } from "@koa/router";
import type { Provider } from "@messaging-service/core";
import { messagingOf, messagingService } from "@messaging-service/koa";
import Keyv from "keyv";
import Koa from "koa";

/** What differs between your machine and production. */
export interface AppOptions {
  /** Whose numbers these are: `twilio({ accountSid, authToken })`, or the simulator's `carrier.provider`. */
  readonly provider: Provider;
  /** The Redis that every process of this app shares. */
  readonly redisUrl: string;
  /** The origin that the provider calls: its signatures cover it. */
  readonly publicUrl: string;
  /** The sender pool. */
  readonly senders: readonly string[];
}

/** An app that answers "When do you open?" itself; opt-outs, the record of messages and sticky senders are in Redis. */
export function buildApp({ provider, redisUrl, publicUrl, senders }: AppOptions) {
  const app = new Koa();
  const router = new Router();

  // With throwOnErrors a Redis that is gone is an error, not an empty answer.
  const redis = new KeyvRedis(redisUrl, { throwOnErrors: true });
  const store = new Keyv(redis, { throwOnErrors: true });
  const messaging = messagingService({ name: "opening-hours", provider, senders, store, publicUrl });

  // STOP, START and HELP are answered here, status callbacks are recorded; other messages go on to the next handler.
  router.all("/messaging/{*path}", messaging, async (ctx, next) => {
    // It was sent to a number that is none of our senders, or is no webhook at all.
    if (ctx.messaging === undefined) return next();
    const { message, reply } = messagingOf(ctx);
    await reply(/open/i.test(message.body) ? "We open at nine." : "Ask us when we open.");
  });

  // Why this sender, in how many segments, before anything is sent.
  router.get("/explain/:to", async (ctx) => {
    ctx.body = await messaging.service.explain({ to: ctx.params.to ?? "", body: "We open at nine." });
  });

  app.use(router.routes());
  return Object.assign(app, {
    messaging,
    /** What is under way is finished; what waits is taken up by the next process. */
    async close(): Promise<void> {
      await messaging.service.close();
      // The connection is ours, and would keep the process; at once, for a Redis that is gone never says goodbye.
      await redis.disconnect(true);
    },
  });
}
