import type { Clock } from "../clock.ts";
import { createBag } from "../passing.ts";
import { endOfTurn } from "../turn.ts";
import { parseUrl } from "../url.ts";
import { createConnections } from "./connections.ts";
import { type Exchanged, type ExchangeLimits, exchange, type UnderWay } from "./exchange.ts";
import { connectionFailure, type Failure } from "./failure.ts";
import type { Guard } from "./guard.ts";
import { type Identity, isHttp, prepareRequest, type RequestInput } from "./request.ts";

/** What one attempt asks: where, how, and what. */
export interface Target extends RequestInput {
  /** Its author may call any address; see {@link Guard}. */
  readonly trusted: boolean;
}

/** An answer and who gave it, or why there is none. */
export type Attempted =
  | { readonly answer: WebhookAnswer }
  | { readonly answer?: undefined; readonly failure: Failure };

/** What a webhook answered. Frozen. */
export interface WebhookAnswer {
  /** 200–299. */
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: string;
  /** The URL that answered, after redirects, without a fragment. It keeps its credentials, for a relative `<Redirect>`: not for logs. */
  readonly url: string;
  /** Whether that URL was trusted: a redirect may have led elsewhere. */
  readonly trusted: boolean;
  /** What became of the URL whose fallback answered. */
  readonly failed?: UrlFailure | undefined;
}

/** What became of one URL. */
export interface UrlFailure {
  /** Without credentials and fragment. */
  readonly url: string;
  readonly method: "GET" | "POST";
  /** How often it was tried; redirects do not count. */
  readonly attempts: number;
  /** Twilio's number: 11200 and its family, 11750, or that of unusable TwiML. */
  readonly errorCode: number;
  readonly reason: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
}

/** Makes attempts over connections that are kept. */
export interface Attempter {
  /** One attempt, redirects included. Rejects only when closed. */
  attempt(target: Target, limits: ExchangeLimits): Promise<Attempted>;
  /** Frees every connection; what is under way rejects with the error. */
  close(error: Error): void;
}

/** What {@link createAttempter} takes. */
export interface AttempterParts extends Identity {
  readonly clock: Clock;
  readonly guard: Guard;
}

/** Twilio's 11215 beyond it. */
const MAX_REDIRECTS = 5;

/**
 * Redirects are followed five times: 301, 302 and 303 by a GET without parameters, 307 and 308 as before. The new address
 * is guarded unless it is of the origin that redirects; each request is signed for its own URL.
 */
export function createAttempter({ clock, guard, ...identity }: AttempterParts): Attempter {
  const underWay = createBag<UnderWay>();
  // Kept connections of trusted URLs are not for guarded ones: they were never judged.
  const trusted = createConnections();
  const guarded = createConnections(guard.lookup);
  let closed: Error | undefined;

  async function attempt(first: Target, limits: ExchangeLimits): Promise<Attempted> {
    let target = first;
    for (let redirects = 0; ; redirects++) {
      const exchanged = await send(target, limits);
      if (exchanged.kind === "failure")
        return { failure: redirects === 0 ? exchanged.failure : viaRedirect(exchanged.failure, target.url) };
      if (exchanged.kind === "answer") {
        const { status, contentType, body } = exchanged;
        const { url, trusted } = target;
        return { answer: Object.freeze({ status, contentType, body, url: url.href, trusted }) };
      }
      const { status, location } = exchanged;
      if (redirects === MAX_REDIRECTS)
        return {
          failure: { errorCode: 11215, reason: `redirected more than ${MAX_REDIRECTS} times`, status },
        };
      const next = follow(target, status, location);
      if (next === undefined)
        return { failure: { errorCode: 11100, reason: "redirected to what is no http(s) URL", status } };
      target = next;
    }
  }

  async function send(target: Target, limits: ExchangeLimits): Promise<Exchanged> {
    await endOfTurn();
    if (closed !== undefined) throw closed;
    const request = prepareRequest(target, identity);
    try {
      if (!target.trusted) guard.check(request.url.hostname);
    } catch (cause) {
      const secure = request.url.protocol === "https:";
      return { kind: "failure", failure: connectionFailure(cause, false, secure) };
    }
    const connections = target.trusted ? trusted : guarded;
    const exchanged = await exchange(request, limits, { clock, underWay, connections, fresh: false });
    if (exchanged.kind !== "failure" || !exchanged.failure.stale) return exchanged;
    // A kept connection that the server closed just as we wrote to it says nothing about the server, so the request goes
    // once more on a connection of its own. It may have arrived: the token tells.
    return exchange(request, limits, { clock, underWay, connections, fresh: true });
  }

  return Object.freeze({
    attempt,
    close(error: Error): void {
      closed = error;
      for (const exchange of underWay.items()) exchange.stop(error);
      trusted.close();
      guarded.close();
    },
  });
}

function follow(target: Target, status: number, location: string): Target | undefined {
  const url = parseUrl(location, target.url);
  if (url === undefined || !isHttp(url)) return undefined;
  url.hash = "";
  const trusted = target.trusted && url.origin === target.url.origin;
  // What a GET carries is in the Location already, as far as the server wants it there.
  return status < 307 || target.method === "GET"
    ? { ...target, url, trusted, method: "GET", parameters: {} }
    : { ...target, url, trusted };
}

function viaRedirect(failure: Failure, url: URL): Failure {
  return { ...failure, reason: `redirected to ${url.origin}, which ${failure.reason}` };
}
