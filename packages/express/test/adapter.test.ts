import { Readable } from "node:stream";
import express5, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from "express";
import express4 from "express-v4";
import type { AdapterHarness, AppPlan, ParserTraits } from "../../../test/contracts/adapter-world.ts";
import { FORM, JSON_TYPE } from "../../../test/contracts/adapter-world.ts";
import { describeAdapter } from "../../../test/contracts/describe-adapter.ts";
import { messagingService } from "../src/index.ts";

const TRAITS: Readonly<Record<string, ParserTraits>> = {
  urlencoded: { reads: [FORM], parses: true, keepsBytes: false },
  "urlencoded extended": { reads: [FORM], parses: true, keepsBytes: false },
  json: { reads: [JSON_TYPE], parses: true, keepsBytes: false },
  "json with verify": { reads: [JSON_TYPE], parses: true, keepsBytes: true },
  raw: { reads: [FORM, JSON_TYPE], parses: false, keepsBytes: true },
  text: { reads: [FORM, JSON_TYPE], parses: false, keepsBytes: true },
};

function harness(name: string, express: typeof express5): AdapterHarness {
  const verify = (req: object, _: unknown, bytes: Buffer): void => {
    Object.assign(req, { rawBody: bytes });
  };
  const parsers: Readonly<Record<string, () => RequestHandler>> = {
    urlencoded: () => express.urlencoded({ extended: false }),
    "urlencoded extended": () => express.urlencoded({ extended: true }),
    json: () => express.json(),
    "json with verify": () => express.json({ verify }),
    raw: () => express.raw({ type: () => true }),
    text: () => express.text({ type: () => true }),
  };
  return {
    name,
    parsers: TRAITS,
    stripsMountPath: true,
    build({ services, mount, front, behind, route }: AppPlan): Express {
      const app = express();
      const parser = (which: string | undefined): RequestHandler[] =>
        which === undefined ? [] : [parsers[which]?.() ?? (() => {})];
      const own: RequestHandler = (req, res, next) => {
        if (route === undefined) return next();
        answer(req, res, route).catch(next);
      };
      for (const each of parser(front)) app.use(each);
      for (const service of services) {
        const messaging = messagingService(service);
        if (mount === "app") app.use(messaging);
        else if (mount === "path") app.use("/api", messaging);
        else if (mount === "router") app.use(express.Router().use(messaging));
        else app.post("/sms", messaging.inbound, own).get("/sms", messaging.inbound, own);
        if (mount === "handlers") app.post("/receipts", messaging.status);
      }
      app.post("/upload", (req, res, next) => {
        count(req).then((bytes) => res.send(String(bytes)), next);
      });
      for (const each of parser(behind)) app.use(each);
      app.use(own);
      app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
        res.status(418).send(error.message);
      });
      return app;
    },
  };
}

async function answer(req: Request, res: Response, route: NonNullable<AppPlan["route"]>): Promise<void> {
  const { originalUrl: url, messaging, body } = req;
  const given = await route({ url, messaging, body, rawBody: Reflect.get(req, "rawBody") });
  if (given === undefined) return;
  res.status(given.status ?? 200).type("text/xml");
  if (typeof given.body === "string") res.send(given.body);
  else Readable.from(given.body).pipe(res);
}

async function count(req: Request): Promise<number> {
  let bytes = 0;
  for await (const chunk of req) bytes += (chunk as Buffer).byteLength;
  return bytes;
}

describeAdapter(harness("Express 5", express5));
describeAdapter(harness("Express 4", express4 as unknown as typeof express5));
