/**
 * A URL, absolute or relative to `base`; `undefined` where it is none. Never throws.
 *
 * `URL.canParse` would say as much for less, but of a host with letters of Latin-1 (`bücher.example`) Node 20's says no
 * from the moment V8 has compiled the call, a few thousand calls in.
 */
export function parseUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** What was meant as a URL, without its user name and password, whatever else is wrong with it. */
export function withoutUserInfo(text: string): string {
  return text.replace(/^(\w+:[/\\]+)?[^/?]*@/, "$1");
}
