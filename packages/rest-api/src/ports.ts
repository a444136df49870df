import type { FormParameters, MessagingService } from "@messaging-service/core";

/** The services of the account; see registry.ts. */
export interface Registry {
  /** The service of that SID, running in this process: started when it is first asked for. `undefined` where there is none. */
  get(sid: string): Promise<MessagingService | undefined>;
  /** Sends with `From` alone: its pool is what the account owns, and it is listed nowhere. */
  account(): MessagingService;
  /** What a message with that `From` alone goes by: the service that has the sender, whose opt-outs bind it; else the account's own. */
  sends(from: string): Promise<MessagingService>;
  /** The service that keeps a message; `undefined` where none does. */
  ownerOf(messageSid: string): Promise<MessagingService | undefined>;
  /** Every service, for what must be asked of each. Not for a request's usual way. */
  all(): Promise<readonly MessagingService[]>;
}

/** An authenticated request for a resource. */
export interface Call {
  /** What stands in the path for the template's names, by name: `AccountSid`, `Sid`, … Decoded, without `.json`. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: FormParameters;
  /** The form of a POST; empty otherwise. */
  readonly form: FormParameters;
  /** SID of the credential that was used: the account's, or an API key's. */
  readonly key: string;
  /** Origin and mount path as the client sees them, without a slash at the end: what absolute links begin with. */
  readonly baseUrl: string;
  /** The resource's path from the version on, as requested less `.json` and query: what links to the same list begin with. */
  readonly path: string;
  /** Whether the path ended in `.json`. */
  readonly suffixed: boolean;
  /** Whether the client named JSON as what it takes. */
  readonly wantsJson: boolean;
}

/** What a resource answers. */
export interface Answer {
  readonly status: number;
  /** Rendered as JSON; without it the answer is empty. */
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** One verb of one resource. Throws what errors.ts renders. */
export type Handler = (call: Call) => Promise<Answer>;

/** A row of the router: `["GET", "/v1/Services/{Sid}", handler]`. */
export type Row = readonly [method: "GET" | "POST" | "DELETE", template: string, handler: Handler];
