import { type HttpRequest, type HttpResponse, parseUrl } from "@messaging-service/core";
import type { CallAnswer, Transport } from "./webhook-call.ts";

/** A service in this process that takes the carrier's webhooks as a call; what `createMessagingService` returns fits. */
export interface CarrierPeer {
  /** Resolves `undefined` when the request is none of the service's: a 404. */
  handle(kind: "inbound" | "status", request: HttpRequest): Promise<HttpResponse | undefined>;
}

/** How a service is connected. */
export interface ConnectOptions {
  /** The service's `path`; default "/messaging". */
  readonly path?: string | undefined;
  /** The service's `publicUrl`, for the signature. Default: learnt from status callbacks; verification in this process does without. */
  readonly origin?: string | undefined;
  /** Its senders, where several services are connected. Default: all that no other connection names. */
  readonly senders?: readonly string[] | undefined;
  /** Connection overrides as the fragment of a webhook URL: "rc=5&rp=all". Default none. */
  readonly overrides?: string | undefined;
}

/** Carries a webhook call to a service in this process. */
export function peerTransport(peer: CarrierPeer, kind: "inbound" | "status"): Transport {
  return ({ url, method, headers, body }, { totalMs }, life) =>
    new Promise((resolve) => {
      const place = placeOf(url);
      if (place === undefined) {
        resolve({ status: 0, headers: {}, body: "", failure: "ct", errorCode: 11100 });
        return;
      }
      const { origin, host, pathname, search } = place;
      const finish = (answer: CallAnswer): void => {
        timer.cancel();
        release();
        resolve(answer);
      };
      const fail = (errorCode: number): void =>
        finish({ status: 0, headers: {}, body: "", failure: "rt", errorCode });
      const timer = life.after(totalMs, () => fail(11203));
      const release = life.onClose(() => fail(11205));
      const request: HttpRequest = {
        method,
        url: pathname + search,
        headers: { host, ...headers },
        body: body === undefined ? undefined : new TextEncoder().encode(body),
        origin,
      };
      // A throw before the first await of `handle` counts as a rejection too.
      void Promise.resolve()
        .then(() => peer.handle(kind, request))
        .then(
          (response) => finish(toAnswer(response ?? { status: 404, headers: {}, body: "" })),
          () => finish(toAnswer({ status: 500, headers: {}, body: "" })),
        );
    });
}

type Place = Pick<URL, "origin" | "host" | "pathname" | "search">;

/** A query that a URL has as it is written. */
const PLAIN_QUERY = /^\?[A-Za-z0-9&=%._~+-]+$/;
let last: { readonly base: string; readonly place: Place } | undefined;

/** The parts of a URL, `undefined` where it is none. Callbacks of one service differ in their query alone. */
function placeOf(url: string): Place | undefined {
  const question = url.indexOf("?");
  const search = question === -1 ? "" : url.slice(question);
  if (!PLAIN_QUERY.test(search)) return parseUrl(url);
  const base = url.slice(0, question);
  if (last?.base !== base) {
    const place = parseUrl(base);
    if (place === undefined) return undefined;
    last = { base, place };
  }
  const { origin, host, pathname } = last.place;
  return { origin, host, pathname, search };
}

function toAnswer({ status, headers, body }: HttpResponse): CallAnswer {
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: typeof body === "string" ? body : new TextDecoder().decode(body),
    errorCode: status >= 200 && status < 300 ? null : 11200,
  };
}
