import { MessagingError } from "../errors.ts";
import { fields, pageSize, show } from "../option-checks.ts";
import { parseAddress, parseRecipient, type Recipient } from "../phone/address.ts";
import {
  boundBy,
  CONSENT_SOURCES,
  type ConsentChannel,
  type ConsentEvent,
  type ConsentSource,
  type ConsentStatus,
  consentChannel,
} from "../records/consent-record.ts";
import type { ConsentStats } from "../records/consent-stats.ts";
import type { Address } from "../types.ts";
import type { FlowContext } from "./context.ts";

/** What the ledger says of an address, under the service's scope. */
export interface ConsentAnswer {
  readonly address: Address;
  /** "unknown": nobody has said anything; a send is not refused. */
  readonly status: ConsentStatus | "unknown";
  readonly since: Date | null;
  readonly source: ConsentSource | null;
}

/** An event to write down. */
export interface ConsentInput {
  readonly status: ConsentStatus;
  readonly source: Exclude<ConsentSource, "keyword" | "provider">;
  /** When the person said it. Default: now; a time to come counts as now. */
  readonly at?: Date | undefined;
  /** Only toward this sender (with scope "sender"). Default: the service. */
  readonly sender?: Address | undefined;
  readonly category?: string | undefined;
  /** Anything that helps to prove it, up to 1,000 characters. */
  readonly note?: string | undefined;
  /** Lifts whatever stands: a later opt-out, a block of the provider's or of a toll-free network. You answer for it. */
  readonly force?: boolean | undefined;
}

/** The consent ledger: read it, write to it, and prove it. */
export interface ConsentLedger {
  get(
    address: string,
    about?: { readonly sender?: Address | undefined; readonly category?: string | undefined },
  ): Promise<ConsentAnswer>;
  /** Writes an event; `applied: false` with the reason where a later or stronger one stands. */
  set(
    address: string,
    event: ConsentInput,
  ): Promise<{ readonly applied: boolean; readonly reason?: string | undefined }>;
  /** Everything one person ever said, oldest first. */
  history(address: string): AsyncIterable<ConsentEvent>;
  /** Every event of the account, oldest first. */
  entries(): AsyncIterable<ConsentEvent>;
  /** The next `limit` of them (default 100, at most 1,000) after a cursor, and where to go on; `cursor` is `undefined` at the end. */
  page(options?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<{ readonly events: readonly ConsentEvent[]; readonly cursor: string | undefined }>;
  /** Counts and rates since a time (default: 30 days) by word, sender, campaign and day. */
  stats(options?: { readonly since?: Date | undefined }): Promise<ConsentStats>;
}

const PAGE = 500;
/** As of a message: of a longer one none ever is, and all of a person's categories are read with each send. */
const LONGEST_CATEGORY = 255;
const LONGEST_NOTE = 1_000;
const PAGE_FIELDS = ["after", "limit"];
const SCOPE_FIELDS = ["sender", "category"];
const INPUT_FIELDS = ["status", "source", "at", ...SCOPE_FIELDS, "note", "force"];

export function createConsentLedger(
  ctx: FlowContext,
  { stats }: { readonly stats: ConsentLedger["stats"] },
): ConsentLedger {
  const parse = (address: string): Recipient =>
    parseRecipient(address, { defaultCountry: ctx.options.defaultCountry });

  /** Whom and what an event or a question is about, as records and messages have it: in any other form it would concern nothing. */
  function parseScope(
    channel: ConsentChannel,
    { sender, category }: { readonly sender?: unknown; readonly category?: unknown },
  ): { readonly sender?: Address; readonly category?: string } {
    const { defaultCountry } = ctx.options;
    const parsed = typeof sender === "string" ? parseAddress(sender, { defaultCountry }) : undefined;
    if (given(sender) && (parsed === undefined || consentChannel(parsed.channel) !== channel)) {
      const what = `sender is ${show(sender)}`;
      throw new MessagingError("INVALID_CONSENT", `${what}, not the address of a sender on that channel.`);
    }
    const isCategory = typeof category === "string" && category !== "" && category.length <= LONGEST_CATEGORY;
    if (given(category) && !isCategory) {
      const what = typeof category === "string" ? `${category.length} characters long` : show(category);
      throw new MessagingError("INVALID_CONSENT", `category is ${what}, not a text of 1 to 255 characters.`);
    }
    return {
      ...(parsed === undefined ? {} : { sender: parsed.address }),
      ...(typeof category === "string" ? { category } : {}),
    };
  }

  async function* all(
    read: (
      after: string | undefined,
      limit: number,
    ) => Promise<{ events: ConsentEvent[]; cursor: string | undefined }>,
  ): AsyncGenerator<ConsentEvent> {
    let after: string | undefined;
    for (;;) {
      const { events, cursor } = await read(after, PAGE);
      yield* events;
      if (events.length < PAGE || cursor === undefined) return;
      after = cursor;
    }
  }

  return Object.freeze({
    async get(address: string, question: Parameters<ConsentLedger["get"]>[1] = {}): Promise<ConsentAnswer> {
      const to = parse(address);
      fields("consent.get", question, SCOPE_FIELDS);
      const channel = consentChannel(to.channel);
      const about = parseScope(channel, question);
      const { policy } = ctx.optOut();
      const document = await ctx.consent.get(to.person);
      const bound = boundBy(document, {
        service: ctx.options.name,
        channel,
        scope: policy.scope,
        exemptCategories: policy.exemptCategories,
        ...about,
      });
      const mine = document.states.filter(
        (each) =>
          each.channel === channel &&
          (policy.scope === "account" || each.service === ctx.options.name) &&
          (each.category === undefined || each.category === about.category),
      );
      const state = bound ?? mine.filter((each) => each.status === "opted-in").sort((a, b) => b.at - a.at)[0];
      return Object.freeze({
        address: to.address,
        status: ctx.denied.has(to.person, channel) ? "opted-out" : (state?.status ?? "unknown"),
        since: state === undefined ? null : new Date(state.at),
        source: state?.source ?? null,
      });
    },
    async set(address: string, input: ConsentInput) {
      const to = parse(address);
      const allowed = CONSENT_SOURCES.filter((source) => source !== "keyword" && source !== "provider");
      if (input?.status !== "opted-out" && input?.status !== "opted-in") {
        throw new MessagingError("INVALID_CONSENT", `status is ${show(input?.status)}.`);
      }
      if (!allowed.includes(input.source)) {
        throw new MessagingError(
          "INVALID_CONSENT",
          `source is ${show(input.source)}; it takes ${allowed.join(", ")}.`,
        );
      }
      // A field that is misspelt would be passed over, and say of everything what was meant of one category.
      fields("consent.set", input, INPUT_FIELDS);
      if (given(input.force) && typeof input.force !== "boolean")
        throw new MessagingError("INVALID_CONSENT", "force is neither true nor false.");
      if (given(input.note) && (typeof input.note !== "string" || input.note.length > LONGEST_NOTE))
        throw new MessagingError("INVALID_CONSENT", `note is no text of up to ${LONGEST_NOTE} characters.`);
      const channel = consentChannel(to.channel);
      const { sender, category } = parseScope(channel, input);
      const now = ctx.clock.now();
      const at = input.at === undefined ? now : Math.min(toTime(input.at), now);
      const campaign =
        input.status === "opted-out" ? await ctx.store.get(ctx.keys.campaign(to.person)) : undefined;
      const event: Omit<ConsentEvent, "effect"> = {
        person: to.person,
        status: input.status,
        channel,
        at,
        source: input.source,
        service: ctx.options.name,
        sender,
        category,
        campaign,
        note: input.note ?? undefined,
      };
      const change = {
        type: input.status === "opted-out" ? ("opt-out" as const) : ("opt-in" as const),
        at,
        address: to.address,
        sender: sender ?? null,
        source: input.source,
        keyword: null,
      };
      const { applied, reason } = await ctx.consent.record(event, {
        scope: ctx.optOut().policy.scope,
        stopWinsMs: ctx.optOut().policy.stopWinsMs,
        force: input.force,
        dated: input.at !== undefined,
        appends: [ctx.changes.entry(change)],
      });
      return Object.freeze({ applied, reason });
    },
    history: (address: string) =>
      all((after, limit) => ctx.consent.history(parse(address).person, after, limit)),
    stats,
    entries: () => all((after, limit) => ctx.consent.log(after, limit)),
    async page(options: Parameters<ConsentLedger["page"]>[0] = {}) {
      fields("consent.page", options, PAGE_FIELDS);
      const { after } = options;
      const limit = pageSize(options.limit, 100, 1_000);
      const { events, cursor } = await ctx.consent.log(after, limit);
      return Object.freeze({ events, cursor: events.length < limit ? undefined : cursor });
    },
  });
}

function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function toTime(at: unknown): number {
  if (at instanceof Date && !Number.isNaN(at.getTime())) return at.getTime();
  throw new MessagingError("INVALID_CONSENT", `at is ${show(at)}, not a Date.`);
}
