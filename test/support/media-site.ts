import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request that came to a {@link MediaSite}. */
export interface MediaRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What is at a path: a file of a type and size, or an answer by hand. */
export type MediaPage =
  | { readonly type?: string; readonly size?: number; readonly head?: number }
  | ((request: MediaRequest, response: ServerResponse) => void);

/** A server of pictures, on loopback; it ends with the test. */
export interface MediaSite {
  readonly origin: string;
  /** In order of arrival: "HEAD /cat.png". */
  readonly requests: readonly string[];
  /** Bytes of bodies that left. */
  readonly sent: number;
}

const CHUNK = new Uint8Array(65_536);

/** Serves each path by its page, a file's bytes to a GET; `head` is the status that a HEAD gets instead. Other paths: 404. */
export async function startMediaSite(pages: Readonly<Record<string, MediaPage>>): Promise<MediaSite> {
  const requests: string[] = [];
  let sent = 0;
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    requests.push(`${method} ${path}`);
    const page = pages[path];
    if (typeof page === "function") return page({ method, path, headers }, response);
    if (page === undefined) return response.writeHead(404).end();
    const { type, size, head } = page;
    if (method === "HEAD" && head !== undefined) return response.writeHead(head).end();
    response.writeHead(200, {
      ...(type === undefined ? {} : { "content-type": type }),
      ...(size === undefined ? {} : { "content-length": size }),
    });
    if (method === "HEAD") return response.end();
    let left = size ?? 0;
    const pour = (): void => {
      while (left > 0) {
        const chunk = CHUNK.subarray(0, Math.min(CHUNK.length, left));
        left -= chunk.length;
        sent += chunk.length;
        if (!response.write(chunk)) return void response.once("drain", pour);
      }
      response.end();
    };
    pour();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get sent() {
      return sent;
    },
  };
}
