import type { ServerResponse } from "node:http";
import type { HttpResponse } from "./provider.ts";

/** Most bytes of a route's answer that are kept for a duplicate of the request. */
export const MOST_CAPTURED = 65_536;

/**
 * What a route answers, as it writes it; nothing is held back. `undefined` when the connection closed before, or the
 * answer is too large or no text. A duplicate of the webhook is answered with it.
 */
export function captureNodeResponse(response: ServerResponse): Promise<HttpResponse | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: unknown, encoding: unknown): void => {
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
  const { write, end } = response;
  response.write = function captured(this: ServerResponse, ...args: Parameters<typeof write>): boolean {
    keep(args[0], args[1]);
    return write.apply(this, args);
  } as typeof write;
  response.end = function captured(this: ServerResponse, ...args: Parameters<typeof end>): ServerResponse {
    keep(args[0], args[1]);
    return end.apply(this, args);
  } as typeof end;
  return new Promise((resolve) => {
    const onClose = (): void => {
      if (!response.writableFinished || size > MOST_CAPTURED) return resolve(undefined);
      resolve(toAnswer(response.statusCode, response.getHeader("content-type"), Buffer.concat(chunks)));
    };
    // The client may be gone already.
    if (response.destroyed) onClose();
    else response.once("close", onClose);
  });
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
