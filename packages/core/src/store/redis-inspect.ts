import type { KeyvLike } from "./keyv.ts";
import { keyvFindings } from "./keyv-inspect.ts";
import type { StoreFinding } from "./store.ts";

/** Streams with exclusive ranges came with 6.2; older servers cannot read a log. */
const OLDEST_VERSION = [6, 2] as const;
/** The oldest version that Redis still mends. */
const SUPPORTED_MAJOR = 7;

/**
 * What is wrong or worth knowing about a Redis: its version, what it evicts, whether it persists. What the server
 * will not tell (an ACL, a managed service without CONFIG) is a finding too, never a failure.
 */
export async function inspectRedis(
  keyv: KeyvLike,
  command: (...args: string[]) => Promise<unknown>,
): Promise<StoreFinding[]> {
  const [info, save] = await Promise.all([
    answerOf(command("INFO")),
    answerOf(command("CONFIG", "GET", "save")),
  ]);
  const facts = parseInfo(typeof info === "string" ? info : "");
  const unchecked: StoreFinding[] = [];
  if (info instanceof Error || save instanceof Error) {
    const names = [info instanceof Error ? "INFO" : "", save instanceof Error ? "CONFIG GET" : ""];
    unchecked.push({
      level: "info",
      code: "REDIS_UNCHECKED",
      message: `Redis refused ${names.filter((name) => name !== "").join(" and ")}, so not everything was checked.`,
    });
  }
  return [
    ...versionFindings(facts.get("redis_version")),
    ...evictionFindings(facts.get("maxmemory_policy"), facts.get("maxmemory")),
    ...persistenceFindings(facts.get("aof_enabled"), save instanceof Error ? undefined : saveOf(save)),
    ...unchecked,
    ...keyvFindings(keyv),
  ];
}

/** A reply, or the error by which the server refused it; anything else (a dead connection) rejects. */
async function answerOf(reply: Promise<unknown>): Promise<unknown> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR|NOAUTH)\b/.test(error.message)) return error;
    throw error;
  }
}

function parseInfo(info: string): Map<string, string> {
  return new Map(
    info
      .split(/\r?\n/)
      .filter((line) => line.includes(":"))
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
  );
}

function versionFindings(version: string | undefined): StoreFinding[] {
  if (version === undefined) return [];
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])) {
    return [
      finding("refuse", "REDIS_VERSION", `Redis ${version} is too old: use 7 or later (6.2 at least).`),
    ];
  }
  if (major >= SUPPORTED_MAJOR) return [];
  return [finding("warn", "REDIS_VERSION", `Redis ${version} is no longer maintained: use 7 or later.`)];
}

function evictionFindings(policy: string | undefined, maxmemory: string | undefined): StoreFinding[] {
  if (policy === undefined || policy === "noeviction") return [];
  const limit = maxmemory === "0" ? " (maxmemory is not set yet)" : "";
  if (policy.startsWith("allkeys-")) {
    return [
      finding(
        "refuse",
        "REDIS_EVICTION",
        `maxmemory-policy is ${policy}${limit}: Redis would drop opt-outs when memory runs short. Set noeviction.`,
      ),
    ];
  }
  return [
    finding(
      "warn",
      "REDIS_EVICTION",
      `maxmemory-policy is ${policy}${limit}: Redis drops sticky mappings and finished messages early. Set noeviction.`,
    ),
  ];
}

function persistenceFindings(aof: string | undefined, save: string | undefined): StoreFinding[] {
  if (aof !== "0" || save !== "") return [];
  return [
    finding(
      "warn",
      "REDIS_PERSISTENCE",
      "Redis keeps nothing on disk: consent is lost with it. Set appendonly yes.",
    ),
  ];
}

/** `CONFIG GET save` answers a list or, in RESP 3, an object. */
function saveOf(reply: unknown): string | undefined {
  if (Array.isArray(reply)) return reply[1] === undefined ? undefined : String(reply[1]);
  if (reply instanceof Map) return String(reply.get("save"));
  const { save } = (reply ?? {}) as { readonly save?: unknown };
  return save === undefined ? undefined : String(save);
}

function finding(level: StoreFinding["level"], code: string, message: string): StoreFinding {
  return { level, code, message };
}
