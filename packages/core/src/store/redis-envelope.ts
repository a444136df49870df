import { systemClock } from "../clock.ts";
import type { KeyvEnvelope, KeyvLike } from "./keyv.ts";

/** Text to and from what a Keyv keeps in Redis. */
export interface Envelope {
  /** `ttlMs` 0 for ever. */
  encode(value: string, ttlMs: number): Promise<string>;
  decode(raw: string): Promise<string>;
  /**
   * The beginning that every raw form of a value shares up to its expiry, when the Keyv has its default format; else
   * undefined (compressed, encrypted or the user's own serializer).
   */
  commonStart(value: string): Promise<string | undefined>;
}

const PROBE: KeyvEnvelope = { value: ":probe", expires: 1 };
const PROBE_IN_DEFAULT_FORMAT = '{"value":"::probe","expires":1}';

/**
 * The envelope of one Keyv: `{"value":…,"expires":…}`, a value that begins with a colon escaped by another. Written
 * here where the Keyv has its default format, by the Keyv itself where it has not.
 */
export function createEnvelope(keyv: KeyvLike): Envelope {
  let asked: Promise<boolean> | undefined;

  async function byKeyv(data: KeyvEnvelope): Promise<unknown> {
    if (keyv.serializeData !== undefined) return keyv.serializeData(data);
    if (keyv.encode !== undefined) return keyv.encode(data);
    throw new Error("this Keyv has neither serializeData nor encode");
  }

  function hasDefaultFormat(): Promise<boolean> {
    asked ??= byKeyv({ ...PROBE }).then((raw) => raw === PROBE_IN_DEFAULT_FORMAT);
    return asked;
  }

  const start = (value: string): string =>
    `{"value":${JSON.stringify(value.startsWith(":") ? `:${value}` : value)}`;

  function textOf(envelope: unknown): string {
    const value = (envelope as { readonly value?: unknown } | undefined | null)?.value;
    if (typeof value === "string") return value;
    throw new Error("an entry holds something other than text, so this library did not write it");
  }

  return {
    async encode(value, ttlMs) {
      // Plain Keyv compares with the machine's clock; Redis itself counts the milliseconds it is given.
      const expires = ttlMs === 0 ? undefined : systemClock.now() + ttlMs;
      if (await hasDefaultFormat()) {
        return `${start(value)}${expires === undefined ? "" : `,"expires":${expires}`}}`;
      }
      const raw = await byKeyv(expires === undefined ? { value } : { value, expires });
      if (typeof raw === "string") return raw;
      throw new Error("this Keyv does not serialize to text, and Redis keeps nothing else");
    },
    async decode(raw) {
      if (await hasDefaultFormat()) {
        const value = textOf(JSON.parse(raw));
        return value.startsWith(":") ? value.slice(1) : value;
      }
      return textOf(await (keyv.deserializeData?.(raw) ?? keyv.decode?.(raw)));
    },
    async commonStart(value) {
      return (await hasDefaultFormat()) ? start(value) : undefined;
    },
  };
}
