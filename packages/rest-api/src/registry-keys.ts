/** Where the account's services, pools and numbers stand in the store. What a service itself keeps stands under its own name. */
export interface RegistryKeys {
  /** A service's properties, or the mark that it was deleted. */
  service(sid: string): string;
  /** Log: the SIDs of services as they were made over REST. */
  readonly services: string;
  /** What of a service made in code was set over REST. */
  registered(sid: string): string;
  /** A service's pool. */
  pool(sid: string): string;
  /** Which service a sender is in: a sender that can be texted is in one. */
  claim(address: string): string;
  /** What the inventory knows of a number beyond its address. */
  number(sid: string): string;
  /** When the account was first seen: the date of what code lists. */
  readonly born: string;
  /** Log: processes that ever ran services. */
  readonly processes: string;
  /** Sign of life of one process. */
  alive(process: string): string;
  /** The services one process runs. */
  awake(process: string): string;
}

/** The keys of one account. No service's keys begin like these: `@` is escaped in a service's name. */
export function createRegistryKeys(accountSid: string): RegistryKeys {
  const root = `ms:${accountSid}:@rest:`;
  return Object.freeze({
    service: (sid: string) => `${root}service:${sid}`,
    services: `${root}services`,
    registered: (sid: string) => `${root}registered:${sid}`,
    pool: (sid: string) => `${root}pool:${sid}`,
    claim: (address: string) => `${root}claim:${address}`,
    number: (sid: string) => `${root}number:${sid}`,
    born: `${root}born`,
    processes: `${root}processes`,
    alive: (process: string) => `${root}alive:${process}`,
    awake: (process: string) => `${root}awake:${process}`,
  });
}
