import { createChunks } from "../chunks.ts";
import type { Clock } from "../clock.ts";
import type { Connection, Connections } from "./connections.ts";
import { connectionFailure, type Failure, statusFailure, timeoutFailure } from "./failure.ts";
import { type PreparedRequest, pathOf } from "./request.ts";

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

type AnsweredHeaders = Readonly<Record<string, string | string[] | undefined>>;

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

/** What {@link exchange} works with. */
export interface ExchangeParts {
  readonly clock: Clock;
  readonly inFlight: InFlight;
  readonly connections: Connections;
  /** On a connection of its own. */
  readonly fresh: boolean;
}

/**
 * Writes one request and reads its answer, within its time and size. Rejects only when stopped; everything that goes wrong on
 * the network is a failure.
 */
export function exchange(
  { url, method, headers, body }: PreparedRequest,
  limits: ExchangeLimits,
  { clock, inFlight, connections, fresh }: ExchangeParts,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === "https:";
    let phase: "connect" | "read" = "connect";
    let reused = false;
    let settled = false;
    let status = 0;
    let contentType: string | undefined;
    const chunks = createChunks();
    let size = 0;

    /** When the phase has lasted too long. */
    let due = clock.now() + limits.connectTimeoutMs;
    let timer = watch();
    inFlight.add(stop);
    const connection: Connection = connections.take(url.origin, { fresh });
    connection.dispatch(
      { method, path: pathOf(url), headers, body: method === "POST" ? body : null },
      {
        onRequestStart() {
          reused = connection.served > 0;
          phase = "read";
          awaitNext();
        },
        onResponseStart(_controller, statusCode, answered) {
          // What comes before the answer is none.
          if (statusCode >= 200) onHead(statusCode, answered);
        },
        onResponseData(_controller, chunk) {
          size += chunk.length;
          chunks.add(chunk);
          awaitNext();
          if (size > limits.maxBodyBytes) fail(tooLarge());
        },
        onResponseEnd() {
          settle({ kind: "answer", status, contentType, body: decode(chunks.join(), contentType) });
        },
        onResponseError(_controller, error) {
          const failure = connectionFailure(error, phase === "read", secure);
          fail(reused && status === 0 ? { ...failure, stale: true } : failure);
        },
      },
    );

    /** One timer for all limits: it fires at the first that is due, and again where that has moved meanwhile. */
    function watch(): ReturnType<Clock["schedule"]> {
      return clock.schedule(onTime, Math.min(due, limits.deadline) - clock.now());
    }

    function onTime(): void {
      const now = clock.now();
      if (phase === "connect" && now >= due) fail(timeoutFailure("connect", limits.connectTimeoutMs));
      else if (now >= limits.deadline) fail(timeoutFailure("total", limits.totalTimeoutMs));
      else if (now >= due) fail(timeoutFailure("read", limits.readTimeoutMs));
      else timer = watch();
    }

    function awaitNext(): void {
      const wasDue = due;
      due = clock.now() + limits.readTimeoutMs;
      // The timer is in time for what is due later, not for what is due sooner.
      if (due >= wasDue || settled) return;
      timer.cancel();
      timer = watch();
    }

    function onHead(statusCode: number, answered: AnsweredHeaders): void {
      status = statusCode;
      contentType = first(answered["content-type"]);
      const location = first(answered.location);
      awaitNext();
      if (REDIRECTS.has(status) && location !== undefined) settle({ kind: "redirect", status, location });
      else if (status > 299) fail(statusFailure(status));
      else if (limits.headersOnly === true) settle(describe(status, answered));
      else if (COMPRESSED.test(first(answered["content-encoding"]) ?? ""))
        fail({ errorCode: 11206, reason: "answered in an encoding it was not offered", status });
      else if (Number(answered["content-length"]) > limits.maxBodyBytes) fail(tooLarge());
    }

    function tooLarge(): Failure {
      return { errorCode: 11750, reason: `answered more than ${limits.maxBodyBytes} bytes`, status };
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
      timer.cancel();
      inFlight.delete(stop);
      // A whole answer leaves its connection to the next call; anything else leaves it in an unknown state.
      if (exchanged?.kind === "answer" && !fresh && limits.headersOnly !== true) connections.keep(connection);
      else connection.destroy();
      if (exchanged === undefined) reject(error);
      else resolve(exchanged);
    }
  });
}

/** An answer of which the headers are all that is wanted. */
function describe(status: number, headers: AnsweredHeaders): Exchanged {
  const length = first(headers["content-length"]) ?? "";
  const contentLength = /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  return { kind: "answer", status, contentType: first(headers["content-type"]), contentLength, body: "" };
}

function first(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value[0] : value;
}

const utf8 = new TextDecoder();
/** What can be read byte by byte is no UTF-16, whatever it says: .NET's StringWriter does. */
const DECLARED = /^<\?xml\s[^>]{0,80}?\bencoding\s*=\s*["'](?!utf-?16)([\w.:-]+)/i;

/** In the charset that the header names, else the XML declaration, where it is known; else in UTF-8. */
function decode(bytes: Uint8Array, contentType: string | undefined): string {
  const text = utf8.decode(bytes);
  const named = /;\s*charset="?([\w.:-]+)/i.exec(contentType ?? "") ?? DECLARED.exec(text);
  const charset = named?.[1]?.toLowerCase() ?? "utf-8";
  if (charset === "utf-8") return text;
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return text;
  }
}
