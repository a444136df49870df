import { readFileSync } from "node:fs";
import type { Middleware } from "koa";

/** The page's files, by path. They are as they are: nothing builds them. */
const FILES: Readonly<Record<string, string>> = {
  "/": "inbox.html",
  "/inbox.css": "inbox.css",
  "/inbox.js": "inbox.js",
  "/thread.js": "thread.js",
  "/render.js": "render.js",
  "/api.js": "api.js",
  "/icon.svg": "icon.svg",
};

/** Whatever a text says, the page runs no script but ours, loads nothing from elsewhere, and stands in no frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Middleware: what every answer carries. */
export const securityHeaders: Middleware = (ctx, next) => {
  ctx.set({
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
  });
  return next();
};

/** Middleware: serves these files of the folder `public`. Throws at the start when one is missing. */
export function serveFiles(files: Readonly<Record<string, string>> = FILES): Middleware {
  const pages = new Map(
    Object.entries(files).map(([path, name]) => [
      path,
      {
        type: name.slice(name.lastIndexOf(".")),
        text: readFileSync(new URL(`../public/${name}`, import.meta.url)),
      },
    ]),
  );
  return (ctx, next) => {
    const page = pages.get(ctx.path);
    if (page === undefined || !["GET", "HEAD"].includes(ctx.method)) return next();
    ctx.type = page.type;
    ctx.body = page.text;
  };
}
