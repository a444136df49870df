import { hostname } from "node:os";
import type { Store } from "@messaging-service/core";
import type { RegistryKeys } from "./registry-keys.ts";

/** What a process that ended was running. */
export interface Abandoned {
  readonly process: string;
  readonly sids: readonly string[];
}

/** Which services this process runs, said where the others find it should it die. */
export interface Presence {
  /** Resolves when the store has it. */
  add(sid: string): Promise<void>;
  /** Said with the next {@link Presence.beat}. */
  remove(sid: string): void;
  /** The sign of life, and what changed since the last. */
  beat(): Promise<void>;
  /** Processes without a sign of life, and what they ran. */
  abandoned(): Promise<readonly Abandoned[]>;
  /** What a process ran is taken up. */
  settled(process: string): Promise<void>;
  /** Leaves in order: nothing is left to take up. What is unfinished stands in the services' own outboxes, and so stays said. */
  leave(): Promise<void>;
}

/** What {@link createPresence} needs. */
export interface PresenceParts {
  readonly store: Store;
  readonly keys: RegistryKeys;
  /** This process's name. */
  readonly process: string;
  /** Without a sign of life for three of them a process counts as dead. */
  readonly beatMs: number;
  /** Whether a service had nothing left to do when it was closed. */
  readonly now: () => number;
}

/** A process listed once stays listed this long; it lists itself again in half the time. */
const LISTED_MS = 60 * 86_400_000;
const PAGE = 500;
const HERE = JSON.stringify({ host: hostname(), pid: process.pid });

/** The presence of one process among those that share the store. */
export function createPresence({ store, keys, process: name, beatMs, now }: PresenceParts): Presence {
  const running = new Set<string>();
  let said = "";
  let listedAt = Number.NEGATIVE_INFINITY;
  /** One write after the other, so that an older list never replaces a newer one. */
  let saying: Promise<void> = Promise.resolve();

  function say(): Promise<void> {
    saying = saying.then(write, write);
    return saying;
  }

  async function write(): Promise<void> {
    const text = JSON.stringify([...running]);
    if (text === said) return;
    if (listedAt === Number.NEGATIVE_INFINITY) await list();
    await store.set(keys.awake(name), text, LISTED_MS);
    said = text;
  }

  async function list(): Promise<void> {
    await store.set(keys.alive(name), HERE, beatMs * 3);
    await store.append(keys.processes, name, LISTED_MS);
    listedAt = now();
  }

  return Object.freeze({
    async add(sid: string): Promise<void> {
      if (running.has(sid)) return;
      running.add(sid);
      await say();
    },
    remove: (sid: string) => void running.delete(sid),
    async beat(): Promise<void> {
      if (listedAt === Number.NEGATIVE_INFINITY) return;
      if (now() - listedAt > LISTED_MS / 2) await list();
      else await store.set(keys.alive(name), HERE, beatMs * 3);
      await say();
    },
    async abandoned(): Promise<readonly Abandoned[]> {
      const found: Abandoned[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.range(keys.processes, { after, limit: PAGE });
        const others = [...new Set(page.map(({ value }) => value))].filter((each) => each !== name);
        const states =
          others.length === 0
            ? []
            : await store.getMany(others.flatMap((each) => [keys.alive(each), keys.awake(each)]));
        for (const [index, each] of others.entries()) {
          const awake = states[index * 2 + 1];
          if (awake === undefined || !isDead(states[index * 2])) continue;
          found.push({ process: each, sids: JSON.parse(awake) as readonly string[] });
        }
        if (page.length < PAGE) return found;
        after = page.at(-1)?.cursor;
      }
    },
    settled: (process: string) => store.delete(keys.awake(process)),
    async leave(): Promise<void> {
      if (listedAt === Number.NEGATIVE_INFINITY) return;
      await saying.catch(() => undefined);
      await store.delete(keys.alive(name));
      if (running.size === 0) await store.delete(keys.awake(name));
    },
  });
}

/**
 * Whether a sign of life is worth nothing. A process of this host that has ended need not be waited for. Taking a living one for dead
 * does no harm: its services are started here too, and what they hold is taken over only from those that core sees dead.
 */
function isDead(sign: string | undefined): boolean {
  if (sign === undefined) return true;
  const { host, pid } = JSON.parse(sign) as { readonly host: string; readonly pid: number };
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
