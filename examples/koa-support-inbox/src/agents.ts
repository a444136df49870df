import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "@messaging-service/core";
import type { Context, Middleware } from "koa";

/** Who is signed in, and until when. */
export interface Session {
  /** As the agent gave it: it stands beside what they write. */
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** What {@link createAgents} needs. */
export interface AgentsOptions {
  /** The secret that all agents share: at least 20 characters that nobody guesses. */
  readonly token: string;
  /** Whether agents come over https: the cookie travels over nothing else then. */
  readonly secure: boolean;
  readonly clock: Clock;
}

/** Who may read and answer. */
export interface Agents {
  /** Signs in with the token, and sets the cookie; false when it is another one. */
  signIn(ctx: Context, token: string, name: string): boolean;
  signOut(ctx: Context): void;
  /** The session of a request's cookie; `undefined` without one that holds. */
  session(ctx: Context): Session | undefined;
  /** Middleware: 401 without a session. */
  readonly required: Middleware;
}

const SESSION_MS = 12 * 3_600_000;
const LEAST = 20;

/**
 * One token from the environment in, a signed cookie out: scripts cannot read it (HttpOnly) and no other site's page can
 * use it (SameSite=Strict). The server keeps no list of sessions, so every process knows them; a new token ends them all.
 *
 * @throws Error when the token is shorter than 20 characters.
 */
export function createAgents({ token, secure, clock }: AgentsOptions): Agents {
  if (token.length < LEAST)
    throw new Error(
      `agentToken has ${token.length} characters: give it at least ${LEAST} (openssl rand -hex 20).`,
    );
  const key = createHmac("sha256", token).update("sessions of agents").digest();
  const sign = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  /** Takes as long for every text: it compares their digests, which are of one length. */
  const isSame = (a: string, b: string): boolean => timingSafeEqual(sign(a), sign(b));

  // The prefix makes browsers refuse the cookie from a subdomain or over http.
  const cookie = secure ? "__Host-agent" : "agent";
  const attributes = { httpOnly: true, sameSite: "strict", secure, path: "/", overwrite: true } as const;

  function session(ctx: Context): Session | undefined {
    const [payload = "", signature = ""] = (ctx.cookies.get(cookie) ?? "").split(".");
    if (!isSame(signature, sign(payload).toString("base64url"))) return undefined;
    const found = JSON.parse(Buffer.from(payload, "base64url").toString()) as Session;
    return clock.now() < found.until ? found : undefined;
  }

  return {
    signIn(ctx, given, name) {
      if (!isSame(given, token)) return false;
      const found: Session = { name, until: clock.now() + SESSION_MS };
      const payload = Buffer.from(JSON.stringify(found)).toString("base64url");
      // A proxy may have taken the https off; that it is there is said by the public URL.
      ctx.cookies.secure = secure;
      const value = `${payload}.${sign(payload).toString("base64url")}`;
      ctx.cookies.set(cookie, value, { ...attributes, maxAge: SESSION_MS });
      return true;
    },
    signOut(ctx) {
      ctx.cookies.secure = secure;
      ctx.cookies.set(cookie, null, attributes);
    },
    session,
    required(ctx, next) {
      if (session(ctx) === undefined) ctx.throw(401, "Sign in first.");
      return next();
    },
  };
}

/**
 * Middleware: refuses what another site's page makes a browser send. SameSite=Strict keeps the cookie from such requests
 * already; this stands where a sibling subdomain counts as the same site.
 */
export const ownPagesOnly: Middleware = (ctx, next) => {
  const [site, origin] = [ctx.get("Sec-Fetch-Site"), ctx.get("Origin")];
  const isForeign =
    site === "" ? origin !== "" && hostOf(origin) !== ctx.host : site !== "same-origin" && site !== "none";
  if (isForeign && !["GET", "HEAD"].includes(ctx.method)) ctx.throw(403, "That page may not do this.");
  return next();
};

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
