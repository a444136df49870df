import type { Exchange } from "../exchange.ts";
import { isComplete, type MessageRecord, toResource } from "../message/message.ts";
import { listMessages } from "../message/message-list.ts";
import { cancelScheduled, submit } from "../message/submission.ts";
import { type Refusal, refuse } from "../wire/refusals.ts";
import { createSid } from "../wire/sid.ts";

/** A request to the carrier's API. */
export interface RestRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}
/** An answer, or none: "hang" leaves the connection open, "reset" breaks it. */
export type RestAnswer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  | "hang"
  | "reset";

/**
 * Answers as Twilio's REST API does for messages: create, list, fetch, redact or cancel, delete. Answers 401 (20003)
 * without the account's credentials, 404 (20404) for anything else.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export async function answerRest(exchange: Exchange, request: RestRequest): Promise<RestAnswer> {
  const { accountSid, authToken } = exchange.settings;
  const [pathname = "", query = ""] = request.url.split("?", 2);
  const credentials = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
  if (request.authorization !== `Basic ${credentials}`) {
    const { status, headers, body } = errorAnswer(refuse(20003));
    return { status, body, headers: { ...headers, "www-authenticate": 'Basic realm="Twilio API"' } };
  }
  const root = `/2010-04-01/Accounts/${accountSid}/Messages`;
  const form = new URLSearchParams(request.body);
  if (pathname === `${root}.json`) {
    if (request.method === "POST") return create(exchange, form);
    if (request.method !== "GET") return errorAnswer(refuse(20004));
    const { refusal, page } = listMessages(exchange, `${root}.json`, new URLSearchParams(query));
    return refusal === undefined ? json(200, page) : errorAnswer(refusal);
  }
  const sid = pathname.startsWith(`${root}/`)
    ? /^(\w+)\.json$/.exec(pathname.slice(root.length + 1))?.[1]
    : undefined;
  const message = sid === undefined || exchange.deleted.has(sid) ? undefined : exchange.log.get(sid);
  if (message === undefined) return errorAnswer(refuse(20404, pathname));
  if (request.method === "GET") return json(200, toResource(message));
  if (request.method === "POST") return update(exchange, message, form);
  return request.method === "DELETE" ? remove(exchange, message) : errorAnswer(refuse(20004));
}

async function create(exchange: Exchange, form: URLSearchParams): Promise<RestAnswer> {
  const submission = submit(exchange, form, { via: "http", reference: null });
  // The message travels on while its answer waits, so the resource is what it was when accepted.
  const answer = toAnswer(submission);
  if (submission.latencyMs > 0) await exchange.life.wait(submission.latencyMs);
  return answer;
}

function toAnswer(submission: ReturnType<typeof submit>): RestAnswer {
  if (submission.kind === "accepted") return json(201, toResource(submission.message));
  if (submission.kind === "server-error")
    return errorAnswer({ ...refuse(20500), httpStatus: submission.httpStatus });
  if (submission.kind !== "refused") return submission.kind;
  const { refusal, retryAfterSeconds } = submission;
  const { status, headers, body } = errorAnswer(refusal);
  const retry = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return { status, headers: { ...headers, ...retry }, body };
}

/** Exactly one of `Body=""` and `Status=canceled`. */
function update(exchange: Exchange, message: MessageRecord, form: URLSearchParams): RestAnswer {
  const body = form.get("Body");
  const status = form.get("Status");
  if (status === "canceled" && body === null)
    return cancelScheduled(exchange, message) ? json(200, toResource(message)) : errorAnswer(refuse(30409));
  if (body !== "" || status !== null) return errorAnswer(refuse(30400));
  if (!isComplete(message)) return errorAnswer(refuse(20009));
  message.body = "";
  message.dateUpdated = new Date(exchange.life.now());
  return json(200, toResource(message));
}

function remove({ deleted }: Exchange, message: MessageRecord): RestAnswer {
  if (!isComplete(message)) return errorAnswer(refuse(20009));
  deleted.add(message.sid);
  return { status: 204, headers: standardHeaders(), body: "" };
}

function errorAnswer({ httpStatus, code, message }: Refusal): Exclude<RestAnswer, string> {
  const more_info = `https://www.twilio.com/docs/errors/${code}`;
  return json(httpStatus, { code, message, more_info, status: httpStatus });
}

function json(status: number, value: unknown): Exclude<RestAnswer, string> {
  return {
    status,
    headers: { ...standardHeaders(), "content-type": "application/json;charset=utf-8" },
    body: JSON.stringify(value),
  };
}

function standardHeaders(): Record<string, string> {
  return { "twilio-request-id": createSid("RQ") };
}
