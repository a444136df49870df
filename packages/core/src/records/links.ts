import { createId } from "../sid.ts";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** Days a media link lives. @see Twilio "Messaging Services", MMS Converter: 365 days. */
const LINK_DAYS = 365;

/** Media links of the MMS converter: seven characters that stand for media URLs. */
export interface Links {
  /** A new code; nothing is stored until {@link Links.set}. */
  create(): string;
  set(code: string, mediaUrl: readonly string[]): Promise<void>;
  get(code: string): Promise<readonly string[] | undefined>;
}

export function createLinks(store: Store, keys: Keys): Links {
  return Object.freeze({
    create: () => createId(7),
    set: (code: string, mediaUrl: readonly string[]) =>
      store.set(keys.link(code), JSON.stringify(mediaUrl), LINK_DAYS * 86_400_000),
    async get(code: string): Promise<readonly string[] | undefined> {
      const raw = /^[0-9a-z]{7}$/.test(code) ? await store.get(keys.link(code)) : undefined;
      return raw === undefined ? undefined : (JSON.parse(raw) as string[]);
    },
  });
}
