import { createHmac } from "node:crypto";
import type { Store } from "../store/store.ts";
import type { Address } from "../types.ts";
import type { Keys } from "./keys.ts";

const DAY_MS = 86_400_000;
/** How long a media link leads to its media. @see Twilio "Messaging Services", MMS Converter: 365 days. */
export const LINK_MS: number = 365 * DAY_MS;
/** How much longer it is known to have been one: "expired" is another answer than "unknown". */
const REMEMBERED_MS = 90 * DAY_MS;

/** Seven characters of 0-9 and a-z. */
const CODES = 36n ** 7n;
const CODE = /^[0-9a-z]{7}$/;

/** The same media go to one recipient at most this often a year before a code is drawn for the message alone. */
const LADDER: readonly number[] = Object.freeze(Array.from({ length: 21 }, (_, power) => 2 ** power));
/** Codes looked up in one round trip while the first free one is closed in on. */
const RUNGS = 16;

/** What a link stands for. */
export interface LinkTarget {
  readonly to: Address;
  readonly mediaUrl: readonly string[];
}

/** A link as it is stored. Times in milliseconds. */
export interface LinkDocument extends LinkTarget {
  /** The message it stands in, and the service that sent that. */
  readonly sid: string;
  readonly service: string;
  readonly from: Address;
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** A link that was opened, as `service.on("click")` tells it. Frozen. */
export interface LinkClick {
  /** "preview": a machine looked, to show the link or in case somebody touches it. "click": as far as can be told, a person. */
  readonly type: "click" | "preview";
  /** The message that the link stands in. */
  readonly sid: string;
  readonly messagingServiceSid: string;
  readonly to: Address;
  readonly from: Address;
  /** The link as this service writes it. */
  readonly link: string;
  readonly mediaUrl: readonly string[];
  readonly at: Date;
  readonly userAgent: string | null;
}

/** Media links of the MMS converter: seven characters that stand for media URLs, one link a message. */
export interface Links {
  /**
   * A code for these media to this recipient, the same whenever it is asked for, and not to be guessed without the
   * secret. `salt` counts the links they have had, or is the message's own. Nothing is stored until {@link Links.claim}.
   */
  code(target: LinkTarget, salt: number | string): string;
  /**
   * The next code that is free for them, or that the message `sid` has already. `first` is what is stored under the
   * first one, as the caller read it. Reads a few keys more only where that is taken.
   */
  next(target: LinkTarget, first: string | undefined, sid?: string): Promise<string>;
  /** Stores a link where none is, or where its own message's is. False when the code is another message's: that link is left as it is. */
  claim(code: string, link: LinkDocument): Promise<boolean>;
  /** The link of a code, expired ones for 90 days more. What cannot be a code is not looked up. */
  get(code: string): Promise<LinkDocument | undefined>;
}

/** @param secret keys the codes, so that knowing a recipient and a picture is not knowing their link. */
export function createLinks(store: Store, keys: Keys, secret: string): Links {
  function code({ to, mediaUrl }: LinkTarget, salt: number | string): string {
    const digest = createHmac("sha256", secret)
      .update(JSON.stringify([to, mediaUrl, salt]))
      .digest();
    return (digest.readBigUInt64BE() % CODES).toString(36).padStart(7, "0");
  }

  return Object.freeze({
    code,
    async next(target: LinkTarget, first: string | undefined, sid?: string): Promise<string> {
      const isFree = (raw: string | undefined): boolean => raw === undefined || parse(raw).sid === sid;
      if (isFree(first)) return code(target, 0);
      // Taken ones come first, since each message takes the next: found by strides, not one by one.
      let taken = 0;
      let salts = LADDER;
      for (;;) {
        const read = await store.getMany(salts.map((salt) => keys.link(code(target, salt))));
        const at = read.findIndex(isFree);
        const free = salts[at] ?? (salts.at(-1) as number);
        taken = salts[at - 1] ?? taken;
        if (at === -1 || free - taken === 1) return code(target, free);
        salts = between(taken, free);
      }
    },
    async claim(code: string, link: LinkDocument): Promise<boolean> {
      const ttlMs = link.expiresAt - link.createdAt + REMEMBERED_MS;
      const there = await store.setIfAbsent(keys.link(code), JSON.stringify(link), ttlMs);
      if (there === undefined) return true;
      const { sid, from } = parse(there);
      if (sid !== link.sid) return false;
      // Ours already: an earlier try lost nothing but the answer, or another sender takes over.
      if (from !== link.from) await store.set(keys.link(code), JSON.stringify(link), ttlMs);
      return true;
    },
    async get(code: string): Promise<LinkDocument | undefined> {
      const raw = CODE.test(code) ? await store.get(keys.link(code)) : undefined;
      return raw === undefined ? undefined : parse(raw);
    },
  });
}

function parse(raw: string): LinkDocument {
  return JSON.parse(raw) as LinkDocument;
}

/** Up to {@link RUNGS} numbers above `taken`, evenly spread, the last of them `free`. */
function between(taken: number, free: number): number[] {
  const stride = Math.ceil((free - taken) / RUNGS);
  const salts: number[] = [];
  for (let salt = taken + stride; salt < free; salt += stride) salts.push(salt);
  return [...salts, free];
}
