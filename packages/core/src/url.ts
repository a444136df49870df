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

/**
 * The absolute URL of a request as its client called it. A path that `publicUrl` has is a proxy's: it is taken off before the
 * request gets here, or still there.
 */
export function calledUrl(publicUrl: string, url: string): string {
  const rest = withoutBase(url, publicUrl);
  return publicUrl + (rest ?? url);
}

/** What follows the path of `publicUrl` in a request's URL; `undefined` where there is no such path, or it does not begin so. */
export function withoutBase(url: string, publicUrl: string): string | undefined {
  // Behind the scheme: "https://".
  const slash = publicUrl.indexOf("/", 8);
  if (slash === -1) return undefined;
  const base = publicUrl.slice(slash);
  return url.startsWith(base) && /^(?:[/?]|$)/.test(url.slice(base.length))
    ? url.slice(base.length)
    : undefined;
}

/** What was meant as a URL, without its user name and password, whatever else is wrong with it. */
export function withoutUserInfo(text: string): string {
  return text.replace(/^(\w+:[/\\]+)?[^/?]*@/, "$1");
}
