import { type LookupAddress, type LookupOptions, lookup as lookupAddresses } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { MessagingError } from "../errors.ts";

/** What {@link createGuard} takes. */
export interface GuardOptions {
  /** Host names, IP addresses and CIDR blocks that may be called although they are not public. Default none. */
  readonly allow?: readonly string[] | undefined;
  /** All addresses of a host name; default the system's resolver. */
  readonly resolve?: ((hostname: string) => Promise<readonly LookupAddress[]>) | undefined;
}

/** Keeps calls to URLs that others chose away from this network. */
export interface Guard {
  /**
   * Judges a URL's host before anything is connected: an IP address is never looked up, so only this sees it. Throws
   * WEBHOOK_BLOCKED.
   */
  check(hostname: string): void;
  /** The `lookup` of the connection. What it yields is what is connected to, so a second DNS answer cannot differ. */
  readonly lookup: LookupFunction;
}

/** Global unicast; everything outside it is local, reserved, or embeds an IPv4 address. @see RFC 4291 §2.4 */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");
/** How a network without IPv4 reaches it. @see RFC 6052 §2.1 */
const NAT64 = ipaddr.IPv6.parseCIDR("64:ff9b::/96");
/** Public by its number, yet the metadata and agent endpoint inside every Azure machine. */
const AZURE_HOST_AGENT = "168.63.129.16";

/**
 * A guard against requests that a URL's author could not make themselves. Refused are loopback, private, link-local, shared
 * (CGNAT), multicast, unspecified, reserved and documentation addresses, the clouds' metadata endpoints, and IPv6 addresses that
 * hide an IPv4 one: mapped and NAT64 addresses are judged by it, 6to4, Teredo and compatible ones refused. Of a name with
 * several addresses the refused ones are passed over.
 *
 * Throws INVALID_OPTION when an entry of `allow` is no host name, address or block.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function createGuard({ allow = [], resolve = resolveAll }: GuardOptions = {}): Guard {
  const blocks = allow.filter(isAddressOrBlock).map(toBlock);
  const names = new Set(allow.filter((entry) => !isAddressOrBlock(entry)).map(toName));

  const permits = (address: string): boolean => {
    const parsed = ipaddr.parse(address);
    return isPublic(parsed) || blocks.some((block) => contains(block, parsed));
  };

  /** Never none. */
  async function judge(hostname: string, family: LookupOptions["family"]): Promise<LookupAddress[]> {
    const addresses = (await resolve(hostname)).filter((found) => isFamily(family, found.family));
    if (addresses.length === 0) throw notFound(hostname);
    const permitted = names.has(hostname.toLowerCase())
      ? addresses
      : addresses.filter(({ address }) => permits(address));
    if (permitted.length === 0) throw blocked(hostname);
    return permitted;
  }

  return Object.freeze({
    check(hostname: string): void {
      const address = hostname.replace(/^\[|\]$/g, "");
      if (ipaddr.isValid(address) && !permits(address)) throw blocked(hostname);
    },
    lookup(hostname, options, callback): void {
      judge(hostname, options.family).then(
        (addresses) => {
          const [first] = addresses;
          if (options.all) callback(null, addresses);
          else callback(null, first?.address ?? "", first?.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, "", 0),
      );
    },
  } satisfies Guard);
}

/** Whether an address is out on the Internet. The textual form is any that WHATWG URLs and resolvers produce. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address instanceof ipaddr.IPv4)
    return address.range() === "unicast" && address.toString() !== AZURE_HOST_AGENT;
  if (address.isIPv4MappedAddress()) return isPublic(address.toIPv4Address());
  if (address.match(NAT64)) return isPublic(new ipaddr.IPv4(address.toByteArray().slice(12)));
  return address.match(GLOBAL_IPV6) && address.range() === "unicast";
}

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

function isAddressOrBlock(entry: string): boolean {
  return ipaddr.isValid(entry) || ipaddr.isValidCIDR(entry);
}

function toBlock(entry: string): Block {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  const address = ipaddr.parse(entry);
  return [address, address.kind() === "ipv4" ? 32 : 128];
}

/** A block of IPv4 addresses covers the mapped form of its addresses too. */
function contains([network, bits]: Block, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  const plain =
    address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  return [address, plain].some(
    (candidate) => candidate.kind() === network.kind() && candidate.match(network, bits),
  );
}

function toName(entry: string): string {
  if (!/^[\w.-]+$/.test(entry))
    throw new MessagingError(
      "INVALID_OPTION",
      `allowPrivateHosts names "${entry}", which is no host name, IP address or CIDR block.`,
      { details: Object.freeze({ option: "allow" }) },
    );
  return entry.toLowerCase();
}

function isFamily(wanted: LookupOptions["family"], family: number): boolean {
  return !wanted || wanted === family || wanted === `IPv${family}`;
}

function blocked(hostname: string): MessagingError {
  return new MessagingError("WEBHOOK_BLOCKED", `${hostname} is no public address.`);
}

function notFound(hostname: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${hostname} has no address.`), { code: "ENOTFOUND" });
}

function resolveAll(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    lookupAddresses(hostname, { all: true }, (error, addresses) =>
      error === null ? resolve(addresses) : reject(error),
    );
  });
}
