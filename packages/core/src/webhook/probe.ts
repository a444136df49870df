import type { Clock } from "../clock.ts";
import { createBag } from "../passing.ts";
import { parseUrl } from "../url.ts";
import { createConnections } from "./connections.ts";
import { type ExchangeLimits, exchange, type UnderWay } from "./exchange.ts";
import { connectionFailure } from "./failure.ts";
import { createGate } from "./gate.ts";
import type { Guard } from "./guard.ts";
import { isHttp, USER_AGENT } from "./request.ts";

/** What a URL's server says of what is there, or why it says nothing. `reason` ends a sentence that begins with the URL. */
export type Probed =
  | {
      readonly contentType: string | undefined;
      readonly size: number | undefined;
      readonly reason?: undefined;
    }
  | { readonly reason: string };

/** Asks servers of others what is at a URL, without fetching it. */
export interface Probe {
  /** Rejects only when closed. */
  ask(url: string): Promise<Probed>;
  /** What is under way rejects with the error. */
  close(error: Error): void;
}

/** What {@link createProbe} takes. */
export interface ProbeParts {
  readonly clock: Clock;
  readonly guard: Guard;
}

/** For all requests that one URL takes. */
const TOTAL_MS = 5_000;
const MAX_REDIRECTS = 5;
/** A campaign asks for one picture many times: an answer is good for this long. */
const FRESH_MS = 60_000;
const MOST_ANSWERS = 1_000;
/** Requests at a time, to all hosts and to one, and how many wait for their turn. Waiting is not part of the 5 seconds. */
const LIMITS = Object.freeze({ maxConcurrent: 128, maxPerLane: 32, maxWaiting: 10_000 });

/**
 * HEAD, and where a server does not answer that by 2xx, a GET that ends with the headers. Every address is guarded, those
 * of redirects too; within 5 seconds in all. Good answers are kept for a minute, in this process.
 */
export function createProbe({ clock, guard }: ProbeParts): Probe {
  const underWay = createBag<UnderWay>();
  const connections = createConnections(guard.lookup);
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<Probed> }>();
  const gate = createGate(LIMITS);
  let closed: Error | undefined;

  async function request(
    method: "HEAD" | "GET",
    url: URL,
    deadline: number,
  ): Promise<Probed & { readonly refused?: boolean }> {
    let target = url;
    for (let redirects = 0; ; redirects += 1) {
      if (closed !== undefined) throw closed;
      if (!isHttp(target)) return { reason: "redirected to what is no http(s) URL" };
      try {
        guard.check(target.hostname);
      } catch (cause) {
        return { reason: connectionFailure(cause, false, false).reason };
      }
      const headers = { Accept: "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT };
      const limits: ExchangeLimits = {
        connectTimeoutMs: TOTAL_MS,
        readTimeoutMs: TOTAL_MS,
        deadline,
        totalTimeoutMs: TOTAL_MS,
        maxBodyBytes: 0,
        headersOnly: true,
      };
      const exchanged = await exchange({ url: target, method, headers, body: "" }, limits, {
        clock,
        underWay,
        connections,
        fresh: true,
      });
      if (exchanged.kind === "failure") {
        const { reason, status } = exchanged.failure;
        return { reason, refused: status !== undefined };
      }
      if (exchanged.kind === "answer") {
        const { contentType, contentLength: size } = exchanged;
        return { contentType, size };
      }
      if (redirects === MAX_REDIRECTS) return { reason: `redirected more than ${MAX_REDIRECTS} times` };
      const next = parseUrl(exchanged.location, target);
      if (next === undefined) return { reason: "redirected to what is no URL" };
      target = next;
    }
  }

  async function probe(url: string): Promise<Probed> {
    const target = new URL(url);
    const leave = await gate.enter(target.host);
    if (leave === undefined) return { reason: "was not asked: too many checks wait" };
    try {
      const deadline = clock.now() + TOTAL_MS;
      const head = await request("HEAD", target, deadline);
      // Many servers refuse HEAD, by one status or another, or sign a URL for GET alone.
      return head.refused === true ? await request("GET", target, deadline) : head;
    } finally {
      leave();
    }
  }

  return Object.freeze({
    async ask(url: string): Promise<Probed> {
      const known = answers.get(url);
      if (known !== undefined && known.until > clock.now()) return known.answer;
      const entry = { until: clock.now() + FRESH_MS, answer: probe(url) };
      answers.delete(url);
      answers.set(url, entry);
      if (answers.size > MOST_ANSWERS) answers.delete(answers.keys().next().value ?? "");
      const forget = (): void => {
        if (answers.get(url) === entry) answers.delete(url);
      };
      entry.answer.then(({ reason }) => reason !== undefined && forget(), forget);
      return entry.answer;
    },
    close(error: Error): void {
      closed = error;
      gate.close(error);
      for (const exchange of underWay.items()) exchange.stop(error);
    },
  });
}
