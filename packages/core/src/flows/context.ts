import type { AlertAbout, AlertCode } from "../alert.ts";
import type { Clock } from "../clock.ts";
import type { MessagingError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { ResolvedOptOut } from "../opt-out/keywords.ts";
import type { KeywordMatcher } from "../opt-out/match.ts";
import type { ResolvedOptions } from "../options.ts";
import type { PassingMap } from "../passing.ts";
import type { Plan } from "../planning/plan.ts";
import type { SenderPool } from "../planning/pool.ts";
import type { Provider, ProviderResult } from "../provider.ts";
import type { Ranked } from "../queue/heap.ts";
import type { Kept } from "../queue/kept.ts";
import type { AddOptions, AddResult, Job, Queue } from "../queue/queue.ts";
import type { Changes } from "../records/changes.ts";
import type { Consent } from "../records/consent.ts";
import type { ConsentChannel, ConsentDocument, ConsentState } from "../records/consent-record.ts";
import type { ConversationRecords } from "../records/conversations.ts";
import type { DueSlots } from "../records/due-slots.ts";
import type { Keys } from "../records/keys.ts";
import type { Links } from "../records/links.ts";
import type { MessageRecord, PendingCallback, StoredAttempt } from "../records/message-record.ts";
import type { Messages, Versioned } from "../records/messages.ts";
import type { Outbox } from "../records/outbox.ts";
import type { RecordChange } from "../records/record-change.ts";
import type { Sticky, StickyMapping } from "../records/sticky.ts";
import type { Draft } from "../send-request.ts";
import type { Settings } from "../settings.ts";
import type { Store } from "../store/store.ts";
import type { Message, OptOutType, SendRequest, StatusCallbackFunction } from "../types.ts";

/** The parts a service is made of; flows take what they need of it. Holds no logic. */
export interface FlowContext {
  readonly options: ResolvedOptions;
  /** This process's name among those that share the store. */
  readonly owner: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Store;
  readonly keys: Keys;
  readonly messages: Messages;
  readonly sticky: Sticky;
  readonly consent: Consent;
  readonly changes: Changes;
  readonly conversations: ConversationRecords;
  /** When conversations are looked at. */
  readonly slots: DueSlots;
  readonly links: Links;
  readonly pool: SenderPool;
  readonly queue: Queue;
  /** What waits on it, and until when. */
  readonly waiting: Waiting;
  readonly providers: ReadonlyMap<string, Provider>;
  readonly events: Events;
  /** The settings in force. */
  settings(): Settings;
  optOut(): { readonly policy: ResolvedOptOut; readonly matcher: KeywordMatcher };
  /** Absolute URL of a message's receipts, carrying our SID; `undefined` without publicUrl. */
  statusUrl(provider: string, sid: string): string | undefined;
  /** Absolute URL of a media link; `undefined` where nobody could open one of ours: without publicUrl and linkUrl. */
  linkTo(code: string): string | undefined;
  /** Takes in the config document as just read: another process may have changed it. */
  adopt(rawConfig: string | undefined): void;
  /** People whose STOP this process knows of although the store may not; checked by every send. */
  readonly denied: Denied;
  /** Records on their way through this process, so that delivery reads no store. */
  readonly live: PassingMap<string, Live>;
  /** Status callbacks of single messages that are functions, until the message is final, or nothing is to be expected of it. */
  readonly callbacks: Kept<StatusCallbackFunction>;
  /** Status callbacks under way, per message. */
  readonly telling: Map<string, number>;
  readonly outbox: Outbox;
  /** The message is final, or the provider has it: neither this process nor a later one needs to deliver it. */
  forget(sid: string): void;
}

/** Messages that wait in this process; see waiting.ts. */
export interface Waiting {
  /**
   * Puts a queued message on its sender's lane, `notBefore` (ms since the epoch) at the earliest, and has it looked at
   * when its validity period ends.
   */
  enqueue(
    versioned: Versioned,
    options?: AddOptions & { readonly notBefore?: number | undefined },
  ): AddResult;
  /** Has delivery look at a message at that time, ms since the epoch, whatever its sender is doing. */
  later(sid: string, at: number): void;
  /** Has a lane pay for a message that left beside it. */
  pay(job: Job): void;
  /** A message's job runs: the time it waited for has come. False: it was there to be paid for, and nothing is to be done. */
  started(sid: string): boolean;
  /** The message waits no more. */
  drop(sid: string): void;
  /** Messages accepted here and not handed over. */
  count(): number;
  /** Their SIDs, and those of what waits for a time. */
  sids(): readonly string[];
  /** Ends the timer. */
  close(): void;
}

/** A message on its way through this process. Its rank is when its validity period ends. */
export interface Live extends Ranked {
  versioned: Versioned;
  /** This process marked it "sending", or tried to, and has not handed it over since. */
  taken: boolean;
  /** What the provider said, until the store has it. */
  settling: ProviderResult | undefined;
  /** That hand-over as the record will show it. */
  attempt: StoredAttempt | undefined;
}

/** The in-process list of people who must not be texted while the store is unsure. */
export interface Denied {
  has(person: string, channel: ConsentChannel): boolean;
}

/** Best-effort events of this process. */
export interface Events {
  emit(name: string, payload: unknown): void;
  /** Whether anybody listens: what only a listener wants need not be worked out. */
  has(name: string): boolean;
  /** Something the operator should know: counted per day and subject, kept in the store, logged and emitted; see alerts.ts. */
  alert(
    code: AlertCode,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    about?: AlertAbout,
  ): void;
}

/** What the planner read and decided. */
export interface Decision {
  readonly plan: Plan;
  readonly mapping: StickyMapping | undefined;
  readonly consent: ConsentDocument;
  /** The opt-out that binds, or `undefined`. */
  readonly optedOut: ConsentState | undefined;
  /** Raw idempotency mark, where a key was given. */
  readonly idempotent: string | undefined;
  /** Link code of the MMS converter, where the plan used it; nobody's until {@link Claim} stored it. */
  readonly link: string | undefined;
}

/** What changes a plan from outside the request. */
export interface DecideOptions {
  readonly excluded?: ReadonlySet<string> | undefined;
  readonly rcsFailed?: boolean | undefined;
  readonly mmsFailed?: boolean | undefined;
  readonly all?: boolean | undefined;
  /** The plan is to be read: its steps name who was set aside. A refusal's do in any case. */
  readonly explained?: boolean | undefined;
  /** Membership that won a race for the mapping. */
  readonly winner?: StickyMapping | undefined;
  /** The one confirmation of a STOP, which an opt-out does not stop. */
  readonly confirmation?: boolean | undefined;
  /** The message that is planned, where it has an SID: a link that it has already is free to it. */
  readonly sid?: string | undefined;
}

/** What {@link Claim} settled on, and the membership it claimed, if it did. */
export interface Claimed {
  readonly decision: Decision;
  readonly claimed: string | undefined;
}
export type Claim = (
  draft: Draft,
  first: Decision,
  options: DecideOptions & { readonly sid: string },
) => Promise<Claimed>;
/** Plans a record again and claims what it needs; `undefined` when nothing can send it, or rejects with why. */
export type Replan = (
  record: MessageRecord,
  options?: { readonly reject?: boolean },
) => Promise<MessageRecord | undefined>;
/** What becomes of a message after a hand-over; see settle.ts. */
export interface Settle {
  settle(taken: Versioned, result: ProviderResult): Promise<void>;
  /** Puts a message planned anew on its lane. */
  requeue(current: Versioned, next: MessageRecord): Promise<void>;
  fail(current: Versioned, error: unknown): Promise<void>;
}
/** What becomes of a message whose record may be written or not; see unsure.ts. */
export interface Unsure {
  /** Its caller was told that it failed: wherever it is found, it has. */
  withdraw(sid: string, error: unknown, afterMs?: number): void;
  /** Its caller will find it under its key and count on its being sent: where it is found, it is. */
  takeUp(sid: string): void;
}
/** Status callbacks; see callbacks.ts. */
export interface Callbacks {
  /** Whether anybody wants to hear of this message's changes. */
  wanted(record: MessageRecord): boolean;
  /** Tells it, after what came before; never rejects, never waited for by delivery. */
  tell(record: MessageRecord, pending: PendingCallback): void;
  /** Waits for those under way, up to `timeoutMs`. What is cut off afterwards stays to be told by the next start. */
  close(timeoutMs: number): Promise<void>;
}

/** Flows that other flows need; the composition root hands them over. */
export type Decide = (draft: Draft, options?: DecideOptions) => Promise<Decision>;
/** What stands against a plan's media, as far as their servers tell; `undefined` when nothing does. */
export type CheckMedia = (draft: Draft, plan: Plan) => Promise<MessagingError | undefined>;
export type Send = (request: SendRequest, options?: SendOptions) => Promise<Message>;
export type Advance = (
  current: Versioned | string,
  change: (record: MessageRecord) => RecordChange | undefined,
  details?: AdvanceDetails,
) => Promise<Versioned | undefined>;

export interface SendOptions {
  readonly direction?: "outbound-api" | "outbound-reply" | undefined;
  readonly inReplyTo?: string | undefined;
  /** The message's SID, where it follows from what it answers: the same SID is the same message, sent once. */
  readonly sid?: string | undefined;
  /** The status callback comes from an answer, not from code: its address is checked. */
  readonly guardedCallback?: boolean | undefined;
  /** The keyword that it answers. */
  readonly optOutType?: OptOutType | undefined;
  /** The conversation that it is sent in. */
  readonly conversation?: MessageRecord["conversation"];
  /** How it is called; default POST. */
  readonly callbackMethod?: "GET" | "POST" | undefined;
  /** The one confirmation of a STOP may go to someone who is opted out. */
  readonly confirmation?: boolean | undefined;
}
export interface AdvanceDetails {
  readonly rawDlrDoneDate?: string | undefined;
}
