import { MessagingError } from "../errors.ts";
import { toErrorResponse } from "../http.ts";
import type { HttpResponse } from "../provider.ts";
import type { FlowContext } from "./context.ts";

/** `{path}/m/:code`: the media behind a converter's link. One file is a redirect; several are a page of links. */
export function createMediaLink(ctx: FlowContext): (code: string) => Promise<HttpResponse> {
  return async function mediaLink(code: string): Promise<HttpResponse> {
    const media = await ctx.links.get(code);
    const [first, second] = media ?? [];
    if (media === undefined || first === undefined) {
      return toErrorResponse(
        new MessagingError("MESSAGE_NOT_FOUND", "The link is unknown or older than a year."),
      );
    }
    if (second === undefined)
      return { status: 302, headers: { location: first, "cache-control": "no-store" }, body: "" };
    const links = media
      .map((url, index) => `<li><a href="${escapeHtml(url)}">${index + 1}</a></li>`)
      .join("");
    return {
      status: 200,
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'",
      },
      body: `<!doctype html><title>Media</title><ol>${links}</ol>`,
    };
  };
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
