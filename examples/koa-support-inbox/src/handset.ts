import { Router } from "@koa/router";
import type { Carrier } from "@messaging-service/simulator";

/** What the routes act on. */
export interface HandsetOptions {
  readonly carrier: Carrier;
  /** The sender that the handset texts. */
  readonly sender: string;
}

/**
 * Lets a person be the handset, in a page or with curl: `POST /handset/texts` texts our sender, `GET /handset/texts` is what
 * the phone shows. For the simulated carrier only: nothing here asks who is calling.
 */
export function handsetRoutes({ carrier, sender }: HandsetOptions): Router {
  const router = new Router({ prefix: "/handset/texts" });
  /** What each phone texted: its inbox has what came. */
  const texted: { readonly from: string; readonly body: string; readonly at: number }[] = [];

  router.get("/", (ctx) => {
    const number = String(ctx.query.from ?? "");
    const came = carrier
      .handset(number)
      .inbox.map(({ body, at }) => ({ body, at: at.getTime(), mine: false }));
    const went = texted
      .filter(({ from }) => from === number)
      .map(({ body, at }) => ({ body, at, mine: true }));
    ctx.body = { sender, texts: [...came, ...went].sort((a, b) => a.at - b.at) };
  });

  router.post("/", async (ctx) => {
    const { from, body } = (ctx.request.body ?? {}) as { from?: unknown; body?: unknown };
    if (typeof from !== "string" || typeof body !== "string" || body === "")
      return ctx.throw(400, "Give from and body as text, in JSON.");
    const phone = carrier.handset(from);
    texted.push({ from, body, at: Date.now() });
    const { status, replies } = await phone.text(sender, body);
    ctx.body = { status, replies: replies.map((reply) => reply.body) };
  });
  return router;
}
