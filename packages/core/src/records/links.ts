import { createHash } from "node:crypto";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** Days a media link lives. @see Twilio "Messaging Services", MMS Converter: 365 days. */
const LINK_DAYS = 365;
/** Seven characters of 0-9 and a-z. */
const CODES = 36n ** 7n;

/** Media links of the MMS converter: seven characters that stand for media URLs. */
export interface Links {
  /**
   * The code of these media: the same ones have the same, so that `explain` shows the link that `send` sends. Nothing is
   * stored until {@link Links.set}.
   */
  create(mediaUrl: readonly string[]): string;
  set(code: string, mediaUrl: readonly string[]): Promise<void>;
  get(code: string): Promise<readonly string[] | undefined>;
}

export function createLinks(store: Store, keys: Keys): Links {
  return Object.freeze({
    create(mediaUrl: readonly string[]): string {
      const digest = createHash("sha256").update(JSON.stringify(mediaUrl)).digest();
      return (digest.readBigUInt64BE() % CODES).toString(36).padStart(7, "0");
    },
    set: (code: string, mediaUrl: readonly string[]) =>
      store.set(keys.link(code), JSON.stringify(mediaUrl), LINK_DAYS * 86_400_000),
    async get(code: string): Promise<readonly string[] | undefined> {
      const raw = /^[0-9a-z]{7}$/.test(code) ? await store.get(keys.link(code)) : undefined;
      return raw === undefined ? undefined : (JSON.parse(raw) as string[]);
    },
  });
}
