import { type Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { Clock, Timer } from "../clock.ts";
import { connectionFailure, type Failure, statusFailure, timeoutFailure } from "./failure.ts";
import type { PreparedRequest } from "./request.ts";

/** Bounds of one exchange. */
export interface ExchangeLimits {
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  /** When all is over, ms, and what the limit was. */
  readonly deadline: number;
  readonly totalTimeoutMs: number;
  readonly maxBodyBytes: number;
  /** An answer ends with its headers, whatever follows. */
  readonly headersOnly?: boolean | undefined;
}

/** How the connection is made. */
export interface Connection {
  /** `false` for a connection of its own. */
  readonly agent: Agent | false;
  readonly lookup?: LookupFunction | undefined;
}

/** What came of it: an answer of the 200s, somewhere else to ask, or a failure. */
export type Exchanged =
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly contentType: string | undefined;
      /** As the header has it; `undefined` without one. */
      readonly contentLength?: number | undefined;
      readonly body: string;
    }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  | { readonly kind: "failure"; readonly failure: Failure };

/** Exchanges under way, each by what stops it: {@link exchange} then rejects with the error. */
export type InFlight = Set<(error: Error) => void>;

/** Not offered, so not undone; other values ("utf-8") are mistakes that change nothing. */
const COMPRESSED = /gzip|deflate|compress|br|zstd/i;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Writes one request and reads its answer, within its time and size. Rejects only when stopped; everything that goes wrong on
 * the network is a failure.
 */
export function exchange(
  request: PreparedRequest,
  connection: Connection,
  limits: ExchangeLimits,
  { clock, inFlight }: { readonly clock: Clock; readonly inFlight: InFlight },
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const { url } = request;
    const secure = url.protocol === "https:";
    let connected = false;
    let answered = false;
    let settled = false;

    const outgoing = (secure ? requestHttps : requestHttp)({
      method: request.method,
      headers: request.headers,
      hostname: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port,
      path: url.pathname + url.search,
      agent: connection.agent,
      lookup: connection.lookup,
    });

    let patience: Timer = waitFor("connect", limits.connectTimeoutMs);
    const total = clock.schedule(
      () => fail(timeoutFailure("total", limits.totalTimeoutMs)),
      limits.deadline - clock.now(),
    );
    inFlight.add(stop);

    outgoing
      .on("socket", (socket) => {
        if (outgoing.reusedSocket) onConnected();
        else socket.once(secure ? "secureConnect" : "connect", onConnected);
      })
      .on("response", onResponse)
      .on("error", onError)
      // Closed without a word: an upgrade nobody asked for.
      .on("close", () => {
        if (!answered) onError(new Error("closed"));
      })
      .end(request.body);

    function waitFor(phase: "connect" | "read", limitMs: number): Timer {
      return clock.schedule(() => fail(timeoutFailure(phase, limitMs)), limitMs);
    }

    function restartReadTimeout(): void {
      patience.cancel();
      if (!settled) patience = waitFor("read", limits.readTimeoutMs);
    }

    function onConnected(): void {
      connected = true;
      restartReadTimeout();
    }

    function onResponse(incoming: IncomingMessage): void {
      const status = incoming.statusCode ?? 0;
      const { location } = incoming.headers;
      answered = true;
      incoming.on("error", onError);
      if (REDIRECTS.has(status) && location !== undefined) settle({ kind: "redirect", status, location });
      else if (status < 200 || status > 299) fail(statusFailure(status));
      else if (limits.headersOnly === true) settle(describe(incoming, status));
      else readBody(incoming, status);
    }

    function readBody(incoming: IncomingMessage, status: number): void {
      const { "content-encoding": encoding = "", "content-length": length } = incoming.headers;
      if (COMPRESSED.test(encoding))
        fail({ errorCode: 11206, reason: "answered in an encoding it was not offered", status });
      else if (Number(length) > limits.maxBodyBytes) fail(tooLarge(status));
      else collect(incoming, status);
    }

    function collect(incoming: IncomingMessage, status: number): void {
      const contentType = incoming.headers["content-type"];
      const chunks: Buffer[] = [];
      let size = 0;
      restartReadTimeout();
      incoming
        .on("data", (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          restartReadTimeout();
          if (size > limits.maxBodyBytes) fail(tooLarge(status));
        })
        .on("end", () =>
          settle({ kind: "answer", status, contentType, body: decode(Buffer.concat(chunks), contentType) }),
        );
    }

    function tooLarge(status: number): Failure {
      return { errorCode: 11750, reason: `answered more than ${limits.maxBodyBytes} bytes`, status };
    }

    function onError(error: Error): void {
      const failure = connectionFailure(error, connected, secure);
      fail(outgoing.reusedSocket && !answered ? { ...failure, stale: true } : failure);
    }

    function fail(failure: Failure): void {
      settle({ kind: "failure", failure });
    }

    function stop(error: Error): void {
      settle(undefined, error);
    }

    function settle(exchanged: Exchanged | undefined, error?: Error): void {
      if (settled) return;
      settled = true;
      patience.cancel();
      total.cancel();
      inFlight.delete(stop);
      // A whole answer leaves its connection to the next call; anything else leaves it in an unknown state.
      if (exchanged?.kind !== "answer" || limits.headersOnly === true) outgoing.destroy();
      if (exchanged === undefined) reject(error);
      else resolve(exchanged);
    }
  });
}

/** An answer of which the headers are all that is wanted. */
function describe({ headers }: IncomingMessage, status: number): Exchanged {
  const length = headers["content-length"] ?? "";
  const contentLength = /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  return { kind: "answer", status, contentType: headers["content-type"], contentLength, body: "" };
}

/** In the charset the answer names, where it is known; else in UTF-8. */
function decode(bytes: Buffer, contentType: string | undefined): string {
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(contentType ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
