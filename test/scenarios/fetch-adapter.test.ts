import { getRequestListener } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { type FetchHandler, type RouteMessaging, toFetchHandler } from "@messaging-service/core";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { AdapterHarness, AppPlan } from "../contracts/adapter-world.ts";
import { describeAdapter } from "../contracts/describe-adapter.ts";

type Env = { Variables: { messaging: RouteMessaging | undefined } };

const harness: AdapterHarness = {
  name: "Hono on toFetchHandler",
  // Hono parses when a route asks for it; what it finds then is below.
  parsers: {},
  stripsMountPath: false,
  build({ services, mount, route }: AppPlan) {
    const app = new Hono<Env>();
    app.onError((error, c) => c.text(error.message, 418));
    const own = async (c: Context<Env>): Promise<Response> => {
      if (route === undefined) return c.notFound();
      const given = await route({
        url: new URL(c.req.url).pathname,
        messaging: c.get("messaging"),
        body: undefined,
        rawBody: undefined,
      });
      if (given === undefined) return c.body(null);
      const body = typeof given.body === "string" ? given.body : ReadableStream.from(given.body);
      const bytes =
        typeof body === "string"
          ? body
          : (body as ReadableStream<string>).pipeThrough(new TextEncoderStream());
      return new Response(bytes, { status: given.status ?? 200, headers: { "content-type": "text/xml" } });
    };
    for (const service of services) {
      const messaging = toFetchHandler(service, { remoteAddress: (request) => addresses.get(request) });
      if (mount === "handlers") {
        app.on(["GET", "POST"], "/sms", use(messaging.inbound), own);
        app.post("/receipts", (c) => messaging.status(c.req.raw));
      } else if (mount === "path") app.use("/api/*", use(messaging));
      else if (mount === "router") app.route("/", new Hono<Env>().use("/messaging/*", use(messaging)));
      else app.use(use(messaging));
    }
    app.post("/upload", async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
    app.all("*", own);
    return getRequestListener(app.fetch);
  },
};

/** Who calls, which Hono knows and a Request does not say. */
const addresses = new WeakMap<Request, string>();

/** The handler as Hono's middleware. */
function use(handler: FetchHandler["inbound"]): MiddlewareHandler<Env> {
  return async (c, next) => {
    addresses.set(c.req.raw, getConnInfo(c).remote.address ?? "");
    const answer = await handler(c.req.raw, async (_, messaging) => {
      if (messaging !== undefined) c.set("messaging", messaging);
      await next();
      if (c.error !== undefined) throw c.error;
      return c.res;
    });
    if (answer !== c.res) {
      c.res = undefined;
      c.res = answer;
    }
  };
}

describeAdapter(harness);
