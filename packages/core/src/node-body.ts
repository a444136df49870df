import type { IncomingMessage } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { createChunks } from "./chunks.ts";
import { MessagingError } from "./errors.ts";

/** How much of a body is read, and for how long it is waited for. */
export interface ReadLimits {
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
  /** Milliseconds until the whole body must have arrived. */
  readonly bodyTimeoutMs: number;
}

/**
 * A request's body.
 *
 * @throws MessagingError BODY_TOO_LARGE without having buffered it, REQUEST_TIMEOUT, MALFORMED_REQUEST when the
 *   connection is lost.
 */
export function readBody(request: IncomingMessage, limits: ReadLimits): Promise<Uint8Array> {
  const { maxBodyBytes, bodyTimeoutMs } = limits;
  return new Promise((resolve, reject) => {
    const chunks = createChunks();
    let size = 0;
    let settled = false;
    const refuse = (error: MessagingError): void => {
      if (settled) return;
      settled = true;
      slow.delete(late);
      request.off("data", onData).off("end", onEnd).off("close", onLost);
      discard(request, maxBodyBytes);
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size > maxBodyBytes) refuse(tooLarge(maxBodyBytes));
      else chunks.add(chunk);
    };
    const onEnd = (): void => {
      if (settled) return;
      // The listeners stay: nothing follows, and to take them off costs more than all the rest.
      settled = true;
      slow.delete(late);
      resolve(chunks.join());
    };
    const onLost = (): void => {
      // Every request closes; an error not needed is a stack not written down.
      if (!settled)
        refuse(new MessagingError("MALFORMED_REQUEST", "The connection was lost before the body ended."));
    };
    const late = (): void =>
      refuse(new MessagingError("REQUEST_TIMEOUT", `The body took longer than ${bodyTimeoutMs} ms.`));
    const slow = deadlinesAfter(bodyTimeoutMs);
    if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) {
      refuse(tooLarge(maxBodyBytes));
      return;
    }
    slow.add(late);
    // What goes wrong closes it as well; without a listener its error is told to nobody.
    request.on("data", onData).on("end", onEnd).on("close", onLost);
    // It told of its end before we listened.
    if (request.destroyed) onLost();
  });
}

/** Callbacks that are called a fixed time after they were added, unless they are taken out before. */
interface Deadlines {
  add(callback: () => void): void;
  delete(callback: () => void): void;
}

const deadlines = new Map<number, Deadlines>();

/** One timer for any number of bodies under way: they end in the order in which they began, and most long before their time. */
function deadlinesAfter(delayMs: number): Deadlines {
  let known = deadlines.get(delayMs);
  if (known === undefined) {
    known = createDeadlines(delayMs);
    deadlines.set(delayMs, known);
  }
  return known;
}

function createDeadlines(delayMs: number): Deadlines {
  const due = new Map<() => void, number>();
  let armed = false;
  const arm = (afterMs: number): void => {
    armed = true;
    setTimeout(sweep, afterMs).unref();
  };
  const sweep = (): void => {
    armed = false;
    const now = performance.now();
    for (const [callback, at] of due) {
      if (at > now) {
        arm(Math.ceil(at - now));
        return;
      }
      due.delete(callback);
      callback();
    }
  };
  return {
    add(callback) {
      due.set(callback, performance.now() + delayMs);
      if (!armed) arm(delayMs);
    },
    delete: (callback) => void due.delete(callback),
  };
}

function tooLarge(maxBodyBytes: number): MessagingError {
  return new MessagingError("BODY_TOO_LARGE", `The body is larger than ${maxBodyBytes} bytes.`);
}

/** How many times the limit is still read, and thrown away, so that a client which writes before it reads gets its answer. */
const DISCARDED_LIMITS = 16;

/** Throws away what still comes; beyond a bound, the connection too. */
function discard(request: IncomingMessage, maxBodyBytes: number): void {
  let left = maxBodyBytes * DISCARDED_LIMITS;
  request.on("error", () => {});
  request.on("data", (chunk: Buffer) => {
    left -= chunk.byteLength;
    if (left < 0) request.destroy();
  });
  const { stream } = request as IncomingMessage & { readonly stream?: ServerHttp2Stream };
  // Over HTTP/2 the client alone ends its part of a stream, unless it is told that nobody listens. @see RFC 9113 §8.1
  stream?.once("finish", () => stream.close());
}
