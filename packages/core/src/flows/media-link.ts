import { isbot } from "isbot";
import type { HttpRequest, HttpResponse } from "../provider.ts";
import type { LinkClick, LinkDocument } from "../records/links.ts";
import type { Misses } from "../records/misses.ts";
import type { FlowContext } from "./context.ts";

/** Pages lead to the stored media and nowhere else, and nothing in between keeps an answer. */
const HEADERS: Readonly<Record<string, string>> = Object.freeze({
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": "default-src 'none'",
  "cache-control": "no-store",
  "x-robots-tag": "noindex",
});

/**
 * A link of the MMS converter, opened: one file is a redirect, several are a page of links. 404 for a code that is none,
 * 410 for one that has expired, 429 for an address that tries codes. The pages are for people with a phone in hand.
 *
 * A HEAD is answered like a GET; the server leaves the body out.
 */
export function createMediaLink(
  ctx: FlowContext,
  { misses }: { readonly misses: Misses },
): (code: string, request: HttpRequest) => Promise<HttpResponse> {
  return async function mediaLink(code, request): Promise<HttpResponse> {
    const { remoteAddress } = request;
    // Not even looked up, so that a lucky guess looks like any other. Without an address a code that exists is served:
    // others share that count.
    if (remoteAddress !== undefined && misses.wait(remoteAddress) > 0) return tooMany(remoteAddress);
    const link = await ctx.links.get(code);
    if (link === undefined) {
      if (misses.wait(remoteAddress) > 0) return tooMany(remoteAddress);
      misses.count(remoteAddress);
      return notice(404, "There is no such link.");
    }
    if (ctx.clock.now() >= link.expiresAt) return notice(410, "This link has expired.");
    tell(code, link, request);
    // As a header takes it: the URL may have been given with spaces and letters of any script.
    const [first = "", ...more] = link.mediaUrl.map((url) => new URL(url).href);
    return more.length > 0
      ? { status: 200, headers: HEADERS, body: listOf([first, ...more]) }
      : { status: 302, headers: { location: first, "cache-control": "no-store" }, body: "" };
  };

  /** Listeners run after the answer is on its way. */
  function tell(code: string, link: LinkDocument, request: HttpRequest): void {
    if (!ctx.events.has("click")) return;
    const click: LinkClick = Object.freeze({
      type: isPreview(request) ? "preview" : "click",
      sid: link.sid,
      messagingServiceSid: link.service,
      to: link.to,
      from: link.from,
      link: ctx.linkTo(code) ?? code,
      mediaUrl: Object.freeze([...link.mediaUrl]),
      at: new Date(ctx.clock.now()),
      userAgent: request.headers["user-agent"] ?? null,
    });
    setImmediate(() => ctx.events.emit("click", click));
  }

  function tooMany(remoteAddress: string | undefined): HttpResponse {
    const answer = notice(429, "Too many unknown links were asked for. Try again later.");
    const seconds = Math.ceil(misses.wait(remoteAddress) / 1_000);
    return { ...answer, headers: { ...answer.headers, "retry-after": String(seconds) } };
  }
}

/** Fetched by a machine: to show what the link leads to before anybody touches it, or in case somebody will. */
function isPreview({ method, headers }: HttpRequest): boolean {
  const purpose = `${headers["sec-purpose"] ?? ""} ${headers.purpose ?? ""} ${headers["x-purpose"] ?? ""} ${headers["x-moz"] ?? ""}`;
  const userAgent = headers["user-agent"] ?? "";
  return (
    method === "HEAD" || /prefetch|prerender|preview/i.test(purpose) || userAgent === "" || isbot(userAgent)
  );
}

function notice(status: number, text: string): HttpResponse {
  return { status, headers: HEADERS, body: `<!doctype html><title>Media</title><p>${text}</p>` };
}

function listOf(mediaUrl: readonly string[]): string {
  const items = mediaUrl.map((url, index) => `<li><a href="${escapeHtml(url)}">${index + 1}</a></li>`);
  return `<!doctype html><title>Media</title><ol>${items.join("")}</ol>`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
