import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request that came to a {@link WebhookSite}. */
export interface SiteRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly parameters: Readonly<Record<string, string>>;
}
/** What a page answers. */
export interface SiteAnswer {
  readonly status?: number | undefined;
  readonly type?: string | undefined;
  readonly body?: string | undefined;
}

/** The user's own web server, on loopback; it ends with the test. */
export interface WebhookSite {
  readonly origin: string;
  /** In order of arrival. */
  readonly requests: readonly SiteRequest[];
}

/** Answers every path by its page; a path without one with 404. */
export async function startSite(
  pages: Readonly<Record<string, SiteAnswer | ((request: SiteRequest) => SiteAnswer | Promise<SiteAnswer>)>>,
): Promise<WebhookSite> {
  const requests: SiteRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? "/", "http://site");
      const form = new URLSearchParams(Buffer.concat(chunks).toString());
      const seen: SiteRequest = {
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        parameters: Object.fromEntries([...url.searchParams, ...form]),
      };
      requests.push(seen);
      const page = pages[url.pathname] ?? { status: 404 };
      const {
        status = 200,
        type = "text/xml",
        body = "",
      } = typeof page === "function" ? await page(seen) : page;
      response.writeHead(status, { "content-type": type });
      response.end(body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

/** TwiML that answers with these texts. */
export function twiml(...bodies: readonly string[]): SiteAnswer {
  return { body: `<Response>${bodies.map((body) => `<Message>${body}</Message>`).join("")}</Response>` };
}
