import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import type { HttpResponse } from "./provider.ts";

/** Most bytes of a route's answer that are kept for a duplicate of the request. */
export const MOST_CAPTURED = 65_536;

/** Whether its connection is gone, or over HTTP/2 its stream, of which the response itself says nothing. */
export function isGone(response: ServerResponse): boolean {
  const { stream } = response as ServerResponse & { readonly stream?: ServerHttp2Stream };
  return response.destroyed || stream?.destroyed === true;
}

/**
 * What a route answers, as it writes it; nothing is held back. `undefined` when the connection closed before, or the
 * answer is too large or no text. A duplicate of the webhook is answered with it.
 */
export function captureNodeResponse(response: ServerResponse): Promise<HttpResponse | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  let ended = false;
  const keep = (chunk: unknown, encoding: unknown): void => {
    // What is given to `end`, HTTP/2 hands on to `write`.
    if (ended) return;
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) return;
    if (size > MOST_CAPTURED) return;
    const part =
      typeof chunk === "string"
        ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
        : Buffer.from(chunk);
    size += part.byteLength;
    if (size > MOST_CAPTURED) chunks.length = 0;
    else chunks.push(part);
  };
  let type: unknown;
  const { write, end, writeHead } = response;
  // What is given here alone, getHeader does not tell.
  response.writeHead = function captured(
    this: ServerResponse,
    ...args: Parameters<typeof writeHead>
  ): ServerResponse {
    for (const [name, value] of Object.entries(args.at(-1) ?? {}))
      if (name.toLowerCase() === "content-type") type = value;
    return writeHead.apply(this, args);
  } as typeof writeHead;
  response.write = function captured(this: ServerResponse, ...args: Parameters<typeof write>): boolean {
    keep(args[0], args[1]);
    return write.apply(this, args);
  } as typeof write;
  response.end = function captured(this: ServerResponse, ...args: Parameters<typeof end>): ServerResponse {
    keep(args[0], args[1]);
    ended = true;
    return end.apply(this, args);
  } as typeof end;
  return new Promise((resolve) => {
    const onClose = (): void => {
      const answer = toAnswer(
        response.statusCode,
        type ?? response.getHeader("content-type"),
        Buffer.concat(chunks),
      );
      // Over HTTP/2 a response counts as finished when its client is gone, too.
      const isWhole = response.writableEnded && response.writableFinished && size <= MOST_CAPTURED;
      resolve(isWhole ? answer : undefined);
    };
    // The client may be gone already.
    if (isGone(response)) onClose();
    else response.once("close", onClose);
  });
}

/** Methods that change an answer or write it. */
const WRITERS = ["setHeader", "appendHeader", "removeHeader", "writeHead", "flushHeaders"] as const;

/** Throws away what is still written to an answered response: a route that is too late must not fail for it. */
export function muteNodeResponse(response: ServerResponse): void {
  const mute = (name: string, result: unknown): unknown =>
    Object.defineProperty(response, name, {
      configurable: true,
      writable: true,
      value: (...args: unknown[]) => {
        const done = args.at(-1);
        if (typeof done === "function") queueMicrotask(() => done());
        return result;
      },
    });
  for (const name of WRITERS) mute(name, response);
  mute("write", true);
  mute("end", response);
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An answer as it is kept; `undefined` when its bytes are no text, as when a middleware behind us compressed them. */
export function toAnswer(status: number, contentType: unknown, bytes: Uint8Array): HttpResponse | undefined {
  try {
    const headers = typeof contentType === "string" ? { "content-type": contentType } : undefined;
    return { status, headers: headers ?? {}, body: strictUtf8.decode(bytes) };
  } catch {
    return undefined;
  }
}
