import { explainText, isMessagingError, type MessagingService } from "@messaging-service/core";
import type { Carrier } from "@messaging-service/simulator";
import express, { type ErrorRequestHandler, type Request, Router } from "express";
import { deliver } from "./deliver.ts";
import { COLUMNS, formatDelivered } from "./format.ts";

/** What the routes act on. */
export interface HandsetRoutesOptions {
  readonly carrier: Carrier;
  readonly service: MessagingService;
  /** Where the app listens. */
  readonly url: string;
}

/**
 * Lets a person be the handset, with curl: `POST /handset` texts one of our senders, `POST /send` sends, `POST /explain`
 * says what a send would do. Plain text, or JSON for who accepts that alone. For the simulated carrier only: nothing here
 * asks who is calling.
 */
export function handsetRoutes({ carrier, service, url }: HandsetRoutesOptions): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false });

  router.get("/", (_req, res) => void res.type("text").send(`${curlLines(url).join("\n")}\n`));

  router.post("/handset", form, async (req, res) => {
    const [from, to] = [field(req, "From"), field(req, "To")];
    const { status, errorCode, replies } = await carrier.handset(from).text(to, field(req, "Body"));
    const bodies = replies.map(({ body }) => body);
    const silence = errorCode === null ? "(no reply)" : `(no reply: webhook ${status}, error ${errorCode})`;
    res.format({
      text: () => res.send(`${bodies.length === 0 ? silence : bodies.join("\n")}\n`),
      json: () => res.json({ from, to, status, errorCode, replies: bodies }),
    });
  });

  router.post("/send", form, async (req, res) => {
    const body = field(req, "Body");
    const delivered = await deliver(service, { to: field(req, "To"), body });
    res.format({
      text: () => res.send(`${[COLUMNS, ...formatDelivered(delivered, body)].join("\n")}\n`),
      json: () => res.json(delivered.message),
    });
  });

  router.post("/explain", form, async (req, res) => {
    const explained = await service.explain({ to: field(req, "To"), body: field(req, "Body") });
    const refusal = explained.optedOut ? "\nThe recipient opted out: it would be refused with 21610." : "";
    res.format({
      text: () => res.send(`${explainText(explained)}${refusal}\n`),
      json: () => res.json(explained),
    });
  });

  router.use(refusals);
  return router;
}

/** What to type to text the app. */
export function curlLines(url: string): string[] {
  return [
    "# text a sender of ours",
    `curl -d From=+14155550123 -d To=+14155550100 -d 'Body=hello' ${url}/handset`,
    "# send to that handset",
    `curl -d To=+14155550123 -d 'Body=Your table is ready' ${url}/send`,
    "# what a send would do, and why",
    `curl -d To=+447700900456 -d 'Body=Your table is ready 🎂' ${url}/explain`,
    "# opt out; /send to it is refused from now on",
    `curl -d From=+14155550123 -d To=+14155550100 -d 'Body=STOP' ${url}/handset`,
  ];
}

/** What the library refuses is the caller's to read: its message names what is wrong and what helps. */
const refusals: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (!isMessagingError(error)) return next(error);
  const { status, code, twilioCode, message } = error;
  const number = twilioCode === null ? "" : ` (${twilioCode})`;
  res.status(status).format({
    text: () => res.send(`${code}${number}: ${message}\n`),
    json: () => res.json({ code, twilioCode, message }),
  });
};

/** A field of the form. curl's -d does not escape the plus sign of a number, which a form reads as a space. */
function field(req: Request, name: string): string {
  const value: unknown = (req.body as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === "string" ? value.replace(/^([a-z]+:)? (?=\d)/, "$1+") : "";
}
