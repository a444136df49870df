import { hash, timingSafeEqual } from "node:crypto";
import { fault } from "./errors.ts";

/** An API key: its SID and its secret. */
export interface ApiKey {
  /** `SK` and 32 hexadecimal digits. */
  readonly sid: string;
  /** 1 to 256 characters. */
  readonly secret: string;
}

/** Who asks: the SID of the credential. @throws Fault 20003 with `WWW-Authenticate`. */
export type Authenticate = (header: string | undefined) => string;

const CHALLENGE = { "www-authenticate": 'Basic realm="Twilio API"' };
/** Further ones are digested each time. */
const MOST_VERIFIED = 16;
/** Longer headers hold no credential of ours: a SID, and a secret of 256 characters of up to three bytes, in base64. */
const LONGEST_HEADER = 2_048;

/**
 * Basic authentication with the account's SID and auth token, or an API key's SID and secret. Takes the same time for
 * every wrong secret: digests are compared, whole, and an unknown SID is compared too.
 */
export function createAuthenticate(
  accountSid: string,
  authToken: string,
  apiKeys: readonly ApiKey[],
): Authenticate {
  const digests = new Map<string, Buffer>([
    ...apiKeys.map(({ sid, secret }): [string, Buffer] => [sid, digest(secret)]),
    [accountSid, digest(authToken)],
  ]);
  const nobody = digest("");
  /** Headers that were right, one for each way to write a credential: their bytes are compared, which costs less than a digest. */
  const verified: { readonly bytes: Buffer; readonly user: string }[] = [];
  return (header) => {
    const recognized = recognize(header);
    if (recognized !== undefined) return recognized;
    const given = header === undefined ? undefined : parse(header);
    if (given === undefined) throw fault(20003, undefined, CHALLENGE);
    const known = digests.get(given.user);
    const same = timingSafeEqual(digest(given.password), known ?? nobody);
    if (known === undefined || !same) throw fault(20003, undefined, CHALLENGE);
    if (verified.length < MOST_VERIFIED)
      verified.push({ bytes: Buffer.from(header ?? ""), user: given.user });
    return given.user;
  };

  function recognize(header: string | undefined): string | undefined {
    if (header === undefined || verified.length === 0 || header.length > LONGEST_HEADER) return undefined;
    const bytes = Buffer.from(header);
    return verified.find((each) => each.bytes.length === bytes.length && timingSafeEqual(each.bytes, bytes))
      ?.user;
  }
}

function digest(secret: string): Buffer {
  return hash("sha256", secret, "buffer");
}

function parse(header: string): { readonly user: string; readonly password: string } | undefined {
  if (header.length > LONGEST_HEADER || header.slice(0, 6).toLowerCase() !== "basic ") return undefined;
  const text = Buffer.from(header.slice(6), "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
