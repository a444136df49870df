import type { Alert } from "./alert.ts";
import type { Clock } from "./clock.ts";
import type { ConversationChange, Conversations } from "./conversation.ts";
import { MessagingError } from "./errors.ts";
import type { ConsentLedger } from "./flows/consent-ledger.ts";
import type { Explained } from "./flows/explain.ts";
import type { Manage } from "./flows/manage.ts";
import type { StickyMap } from "./flows/sticky-map.ts";
import type { HandleOptions } from "./flows/webhooks.ts";
import type { Endpoint, Place } from "./http.ts";
import { nearest } from "./nearest.ts";
import type { ReadLimits } from "./node-body.ts";
import { invalid } from "./option-checks.ts";
import type { HttpRequest, HttpResponse } from "./provider.ts";
import type { AlertFilter, AlertPage } from "./records/alerts.ts";
import type { Change } from "./records/changes.ts";
import type { LinkClick } from "./records/links.ts";
import type { Sender, SenderInput } from "./sender.ts";
import type { Settings, SettingsChange } from "./settings.ts";
import type { Address, InboundMessage, Message, SendRequest } from "./types.ts";

/** What `service.on` tells, best effort, of this process alone. */
export interface ServiceEvents {
  /** An inbound message that is no keyword. */
  readonly received: InboundMessage;
  /** A message whose status changed. */
  readonly status: Message;
  readonly "opt-out": InboundMessage;
  readonly "opt-in": InboundMessage;
  readonly help: InboundMessage;
  /** An inbound message that asks to stop in other words: somebody should read it. */
  readonly "possible-opt-out": InboundMessage & { readonly phrase: string };
  /** Something an operator should know: the first time a day, then the tenth, the hundredth, … */
  readonly alert: Alert;
  /** A link of the MMS converter was opened, by a person or by a machine that previews it. */
  readonly click: LinkClick;
  /** A conversation that began, was written in, or changed. */
  readonly conversation: ConversationChange;
}

const EVENTS: Readonly<Record<keyof ServiceEvents, true>> = {
  received: true,
  status: true,
  "opt-out": true,
  "opt-in": true,
  help: true,
  "possible-opt-out": true,
  alert: true,
  click: true,
  conversation: true,
};

/** Refuses a listener that would never be told anything. @throws MessagingError UNKNOWN_OPTION naming the nearest event, INVALID_OPTION. */
export function checkListener(name: string, listener: unknown): void {
  if (typeof name !== "string") throw invalid("name", name, "the name of an event");
  if (!Object.hasOwn(EVENTS, name))
    throw new MessagingError(
      "UNKNOWN_OPTION",
      `There is no event "${name}"; did you mean "${nearest(name, Object.keys(EVENTS))}"?`,
    );
  if (typeof listener !== "function") throw invalid("listener", listener, "a function");
}

/** A finding of `service.doctor()`. */
export interface Finding {
  readonly level: "warn" | "info";
  readonly code: string;
  readonly message: string;
}

/** What an adapter mounts: a messaging service, or a handler over several (`restApi`). */
export interface HttpHandler {
  /** Where a URL points, asked at that host; `undefined` when it is not this handler's. Reads nothing else. */
  locate(url: string, host?: string): Place | undefined;
  /** One HTTP request in, one answer out; `undefined` where the route answered. Never rejects. */
  handle(
    endpoint: Endpoint,
    request: HttpRequest,
    options?: HandleOptions,
  ): Promise<HttpResponse | undefined>;
  /** How much of a request's body is read, and for how long it is waited for. */
  readonly limits: ReadLimits;
  /** The answer to a request whose body could not be read. Default: the code and the remedy as JSON. */
  readonly refuse?: ((error: unknown, place: Place) => HttpResponse) | undefined;
}

/** What a middleware made for one service carries beside its handlers. */
export interface ServiceHandles {
  readonly service: MessagingService;
  readonly send: MessagingService["send"];
}

/** A messaging service: sends, receives, remembers. Made by `createMessagingService`. */
export interface MessagingService extends Manage, HttpHandler {
  readonly name: string;
  readonly friendlyName: string;
  readonly sid: string;
  readonly accountSid: string;
  /** Where the middleware answers. */
  readonly path: string;
  /** The settings in force. */
  readonly settings: Settings;
  readonly clock: Clock;
  /** How much of a webhook's body is read, and for how long it is waited for. */
  readonly limits: ReadLimits;

  /**
   * Sends a message: resolves when it is accepted and stored, before it leaves.
   *
   * @throws MessagingError OPTED_OUT, NO_SENDER, INVALID_RECIPIENT, STORE_UNAVAILABLE, … (docs/errors.md)
   */
  send(request: SendRequest): Promise<Message>;
  /** The plan of that send: which sender and why, encoding, segments. Sends nothing, and never rejects for a refusal. */
  explain(request: SendRequest, options?: { readonly all?: boolean }): Promise<Explained>;
  /**
   * Changes settings while it runs; persisted, and seen by the other processes on this store. A function is given those in force, so that
   * two processes that change parts of one setting lose nothing; it may be called more than once.
   */
  update(change: SettingsChange): Promise<Settings>;

  readonly senders: {
    list(): readonly Sender[];
    /** @throws MessagingError INVALID_SENDER, DUPLICATE_SENDER, SENDER_POOL_FULL. */
    add(sender: SenderInput): Promise<Sender>;
    /** Replaces what is written of a sender but its address; its sticky mappings hold. @throws MessagingError INVALID_SENDER, SENDER_NOT_FOUND. */
    update(sender: SenderInput): Promise<Sender>;
    /** Its sticky mappings end with it. @throws MessagingError SENDER_NOT_FOUND. */
    remove(id: Address): Promise<Sender>;
  };
  readonly sticky: Omit<StickyMap, "explainChange">;
  readonly explainChange: StickyMap["explainChange"];
  readonly consent: ConsentLedger;
  readonly conversations: Conversations;
  readonly alerts: {
    /**
     * What an operator should know, of all processes and the last 30 days, newest first; a number is a limit.
     *
     * @throws MessagingError INVALID_OPTION for a code or level there is none of, INVALID_CURSOR, STORE_UNAVAILABLE.
     */
    list(filter?: AlertFilter | number): Promise<AlertPage>;
  };

  /**
   * The durable feed of statuses, inbound messages, conversations and consent: what came after the cursor, then what comes.
   *
   * @throws MessagingError at once: INVALID_OPTION, UNKNOWN_REQUEST_OPTION. While it is read: INVALID_CURSOR, STORE_UNAVAILABLE.
   */
  changes(options?: {
    readonly after?: string | undefined;
    readonly follow?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
  }): AsyncIterable<Change>;
  /** The newest change of the feed: `changes({ after: (await lastChange())?.cursor })` tells what comes from now on. */
  lastChange(): Promise<Change | undefined>;
  /** Calls the listener at every event; returns what takes it off again. @throws MessagingError UNKNOWN_OPTION for an event there is none of, INVALID_OPTION. */
  on<Name extends keyof ServiceEvents>(
    name: Name,
    listener: (payload: ServiceEvents[Name]) => void,
  ): () => void;

  /** Where a URL points, under `path` or, by the host it was asked at, under `linkUrl`; `undefined` when it is not the service's. */
  locate(url: string, host?: string): Place | undefined;
  /** One HTTP request in, one answer out; `undefined` where the route answered. Never rejects. */
  handle(
    endpoint: Endpoint,
    request: HttpRequest,
    options?: HandleOptions,
  ): Promise<HttpResponse | undefined>;
  /** Lists the messages from now on for the account too, as the option `accountLog` does; a REST API does so for services it is told of. */
  listInAccount(): void;
  /**
   * How much of this process's work is under way: messages that wait or are being handed over, status callbacks and
   * events of conversations to be told, webhooks being answered, and your own at work after their answer. At 0 a `close` leaves nothing to the next start.
   */
  readonly unfinished: number;
  /**
   * Deletes the service from the store, as far as it may be: settings and senders changed at run time, sticky mappings. In this process
   * scheduled messages are canceled and waiting ones fail with SERVICE_DELETED. Open conversations are closed. Consent and the record of
   * messages and conversations stay.
   */
  erase(): Promise<void>;
  /** What is wrong with this set-up. */
  doctor(): Promise<readonly Finding[]>;
  /**
   * Resolves when the store was reached and what an earlier process left was taken up. Sending may begin before.
   *
   * @throws MessagingError STORE_UNAVAILABLE; INVALID_OPTION where the store is one that loses opt-outs: then every `send` rejects with it.
   */
  ready(): Promise<void>;
  /** Lets what is under way finish for up to `timeoutMs` (default 10,000); the rest waits in the store for the next start. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}
