import { parseUrl } from "../url.ts";
import { type ConnectionOverrides, parseOverrides } from "./overrides.ts";
import { isHttp } from "./request.ts";

/** A webhook's URL, taken apart. */
export interface Destination {
  readonly overrides: ConnectionOverrides;
  /** Without its fragment; `undefined` where it is no http(s) URL. */
  readonly url: URL | undefined;
}

/** Few URLs are called again and again: to take one apart costs as much as to sign what is sent there. */
const destinations = new Map<string, Destination>();
const MOST_DESTINATIONS = 256;

/** The parts of a webhook's URL. Never throws. */
export function destinationOf(text: string): Destination {
  const known = destinations.get(text);
  if (known !== undefined) return known;
  const overrides = parseOverrides(text);
  const url = parseUrl(overrides.url);
  const destination = { overrides, url: url !== undefined && isHttp(url) ? url : undefined };
  if (destinations.size >= MOST_DESTINATIONS) destinations.clear();
  destinations.set(text, destination);
  return destination;
}
