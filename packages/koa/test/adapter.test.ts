import type { RequestListener } from "node:http";
import { Readable } from "node:stream";
import { bodyParser } from "@koa/bodyparser";
import { Router } from "@koa/router";
import Koa3, { type Context, type Middleware } from "koa";
import koaBodyParser from "koa-bodyparser";
import mountOn from "koa-mount";
import Koa2 from "koa-v2";
import type { AdapterHarness, AppPlan, ParserTraits } from "../../../test/contracts/adapter-world.ts";
import { FORM, JSON_TYPE } from "../../../test/contracts/adapter-world.ts";
import { describeAdapter } from "../../../test/contracts/describe-adapter.ts";
import { messagingService } from "../src/index.ts";

const TRAITS: Readonly<Record<string, ParserTraits>> = {
  "koa-bodyparser": { reads: [FORM, JSON_TYPE], parses: true, keepsBytes: true },
  "@koa/bodyparser": { reads: [FORM, JSON_TYPE], parses: true, keepsBytes: true },
  "@koa/bodyparser patching Node": { reads: [FORM, JSON_TYPE], parses: true, keepsBytes: true },
  "@koa/bodyparser for text": { reads: ["text/plain"], parses: false, keepsBytes: true },
};

const PARSERS: Readonly<Record<string, () => Middleware>> = {
  "koa-bodyparser": () => koaBodyParser(),
  "@koa/bodyparser": () => bodyParser(),
  "@koa/bodyparser patching Node": () => bodyParser({ patchNode: true }),
  "@koa/bodyparser for text": () => bodyParser({ enableTypes: ["text"] }),
};

function harness(name: string, Koa: typeof Koa3): AdapterHarness {
  return {
    name,
    parsers: TRAITS,
    stripsMountPath: true,
    build({ services, mount, front, behind, route }: AppPlan): RequestListener {
      const app = new Koa();
      // It prints whose connection was cut.
      app.silent = true;
      const own: Middleware = async (ctx, next) => {
        await (route === undefined ? next() : answer(ctx, route));
      };
      app.use(async (ctx, next) => {
        try {
          await next();
        } catch (error) {
          ctx.status = 418;
          ctx.body = (error as Error).message;
        }
      });
      const parse = (which: string | undefined): void => {
        const parser = which === undefined ? undefined : PARSERS[which];
        if (parser !== undefined) app.use(parser());
      };
      parse(front);
      for (const service of services) {
        const messaging = messagingService(service);
        if (mount === "app") app.use(messaging);
        else if (mount === "path") app.use(mountOn("/api", messaging));
        else if (mount === "router") app.use(new Router().all("/messaging/{*path}", messaging).routes());
        else {
          const router = new Router();
          router.post("/sms", messaging.inbound, own).get("/sms", messaging.inbound, own);
          router.post("/receipts", messaging.status);
          app.use(router.routes());
        }
      }
      app.use(async (ctx, next) => {
        if (ctx.path !== "/upload") return next();
        let bytes = 0;
        for await (const chunk of ctx.req) bytes += (chunk as Buffer).byteLength;
        ctx.body = String(bytes);
      });
      parse(behind);
      app.use(own);
      return app.callback();
    },
  };
}

async function answer(ctx: Context, route: NonNullable<AppPlan["route"]>): Promise<void> {
  const { originalUrl: url, messaging } = ctx;
  const { body, rawBody } = ctx.request as { body?: unknown; rawBody?: unknown };
  const given = await route({ url, messaging, body, rawBody });
  if (given === undefined) return;
  ctx.status = given.status ?? 200;
  ctx.type = "text/xml";
  ctx.body = typeof given.body === "string" ? given.body : Readable.from(given.body);
}

describeAdapter(harness("Koa 3", Koa3));
describeAdapter(harness("Koa 2", Koa2 as unknown as typeof Koa3));
