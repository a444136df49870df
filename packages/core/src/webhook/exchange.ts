import { createChunks } from "../chunks.ts";
import type { Clock, Timer } from "../clock.ts";
import type { Bag, Bagged } from "../passing.ts";
import type { Connection, ConnectionHandler, Connections } from "./connections.ts";
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

/** An exchange under way. */
export interface UnderWay extends Bagged {
  /** {@link exchange} rejects with the error, and its connection is freed. */
  stop(error: Error): void;
}

/** Not offered, so not undone; other values ("utf-8") are mistakes that change nothing. */
const COMPRESSED = /gzip|deflate|compress|br|zstd/i;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What {@link exchange} works with. */
export interface ExchangeParts {
  readonly clock: Clock;
  readonly underWay: Bag<UnderWay>;
  readonly connections: Connections;
  /** On a connection of its own. */
  readonly fresh: boolean;
}

/**
 * Writes one request and reads its answer, within its time and size. Rejects only when stopped; everything that goes wrong on
 * the network is a failure.
 */
export function exchange(
  request: PreparedRequest,
  limits: ExchangeLimits,
  parts: ExchangeParts,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    new Exchange(request, limits, parts, resolve, reject).start(request);
  });
}

/** One request on one connection, and what its connection tells of it. */
class Exchange implements ConnectionHandler, UnderWay {
  place = -1;
  private readonly limits: ExchangeLimits;
  private readonly parts: ExchangeParts;
  private readonly resolve: (exchanged: Exchanged) => void;
  private readonly reject: (error: Error) => void;
  private readonly secure: boolean;
  private readonly connection: Connection;
  private readonly chunks = createChunks();
  private connected = false;
  private reused = false;
  private settled = false;
  private size = 0;
  private status = 0;
  private contentType: string | undefined = undefined;
  /** When connecting, or waiting for more, has taken too long. */
  private due: number;
  private timer: Timer;

  constructor(
    { url }: PreparedRequest,
    limits: ExchangeLimits,
    parts: ExchangeParts,
    resolve: (exchanged: Exchanged) => void,
    reject: (error: Error) => void,
  ) {
    this.limits = limits;
    this.parts = parts;
    this.resolve = resolve;
    this.reject = reject;
    this.secure = url.protocol === "https:";
    this.connection = parts.connections.take(url.origin, parts);
    this.due = parts.clock.now() + limits.connectTimeoutMs;
    this.timer = this.watch();
  }

  start({ url, method, headers, body }: PreparedRequest): void {
    this.parts.underWay.add(this);
    this.connection.dispatch(
      { method, path: pathOf(url), headers, body: method === "POST" ? body : null },
      this,
    );
  }

  stop(error: Error): void {
    if (this.leave(undefined)) this.reject(error);
  }

  onRequestStart(): void {
    this.reused = this.connection.served > 0;
    this.connected = true;
    this.awaitNext();
  }

  onResponseStart(_controller: unknown, statusCode: number, headers: AnsweredHeaders): void {
    // What comes before the answer is none.
    if (statusCode < 200) return;
    const { maxBodyBytes, headersOnly } = this.limits;
    this.status = statusCode;
    this.contentType = first(headers["content-type"]);
    const location = first(headers.location);
    this.awaitNext();
    if (REDIRECTS.has(statusCode) && location !== undefined)
      this.settle({ kind: "redirect", status: statusCode, location });
    else if (statusCode > 299) this.fail(statusFailure(statusCode));
    else if (headersOnly === true) this.settle(describe(statusCode, headers));
    else if (COMPRESSED.test(first(headers["content-encoding"]) ?? ""))
      this.fail({
        errorCode: 11206,
        reason: "answered in an encoding it was not offered",
        status: statusCode,
      });
    else if (Number(headers["content-length"]) > maxBodyBytes) this.fail(this.tooLarge());
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.size += chunk.length;
    this.chunks.add(chunk);
    this.awaitNext();
    if (this.size > this.limits.maxBodyBytes) this.fail(this.tooLarge());
  }

  onResponseEnd(): void {
    const { status, contentType } = this;
    this.settle({ kind: "answer", status, contentType, body: decode(this.chunks.join(), contentType) });
  }

  onResponseError(_controller: unknown, error: Error): void {
    const failure = connectionFailure(error, this.connected, this.secure);
    this.fail(this.reused && this.status === 0 ? { ...failure, stale: true } : failure);
  }

  /** One timer for all limits: it fires at the first that is due, and again where that has moved meanwhile. */
  private watch(): Timer {
    const { clock } = this.parts;
    return clock.schedule(() => this.onTime(), Math.min(this.due, this.limits.deadline) - clock.now());
  }

  private onTime(): void {
    const { connectTimeoutMs, readTimeoutMs, totalTimeoutMs, deadline } = this.limits;
    const now = this.parts.clock.now();
    if (!this.connected && now >= this.due) this.fail(timeoutFailure("connect", connectTimeoutMs));
    else if (now >= deadline) this.fail(timeoutFailure("total", totalTimeoutMs));
    else if (now >= this.due) this.fail(timeoutFailure("read", readTimeoutMs));
    else this.timer = this.watch();
  }

  private awaitNext(): void {
    const wasDue = this.due;
    this.due = this.parts.clock.now() + this.limits.readTimeoutMs;
    // The timer is in time for what is due later, not for what is due sooner.
    if (this.due >= wasDue || this.settled) return;
    this.timer.cancel();
    this.timer = this.watch();
  }

  private tooLarge(): Failure {
    const reason = `answered more than ${this.limits.maxBodyBytes} bytes`;
    return { errorCode: 11750, reason, status: this.status };
  }

  private fail(failure: Failure): void {
    this.settle({ kind: "failure", failure });
  }

  private settle(exchanged: Exchanged): void {
    if (this.leave(exchanged)) this.resolve(exchanged);
  }

  /** Gives back what it holds, once. */
  private leave(exchanged: Exchanged | undefined): boolean {
    if (this.settled) return false;
    this.settled = true;
    const { underWay, connections, fresh } = this.parts;
    this.timer.cancel();
    underWay.remove(this);
    // A whole answer leaves its connection to the next call; anything else leaves it in an unknown state.
    if (exchanged?.kind === "answer" && !fresh && this.limits.headersOnly !== true)
      connections.keep(this.connection);
    else this.connection.destroy();
    return true;
  }
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
