import { channels } from "../diagnostics.ts";
import { isMessagingError } from "../errors.ts";
import type { KeywordMatch } from "../opt-out/match.ts";
import type { HttpResponse } from "../provider.ts";
import type { Tally } from "../queue/tally.ts";
import { parseConsent } from "../records/consent-record.ts";
import { toStoredAnswer } from "../records/inbound-record.ts";
import type { InboundPart, MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import { changed, type RecordChange } from "../records/record-change.ts";
import type { StickyMapping } from "../records/sticky.ts";
import type { Sender } from "../sender.ts";
import type {
  Arrival,
  Handle,
  HandleKeyword,
  Outcome,
  Process,
  Received,
  ReceivedKeyword,
  Route,
} from "./arrival.ts";
import type { FlowContext } from "./context.ts";
import type { Converse } from "./conversing.ts";

/** Flows that {@link createProcess} is handed. */
export interface ProcessFlows {
  readonly keyword: HandleKeyword;
  readonly handling: Handle;
  /** Keeps a keyword and our reply in the conversation of its pair, if there is one. */
  readonly keep: Converse["keep"];
  /** Counts user code that outlives its answer; what a close cut off stays counted. */
  readonly late: Tally;
}

/** User code that outlives the answer has this long until it is called again. */
const LONG_LEASE_MS = 600_000;

/** A store that failed is asked again after this long. */
const AGAIN_MS = 30_000;

/** A claimed inbound message: keyword or handling, then its answer goes on record, and only then leaves. */
export function createProcess(
  ctx: FlowContext,
  { keyword, handling, keep: keepKeyword, late }: ProcessFlows,
): Process {
  return async function process(
    arrival: Arrival,
    route: Route | undefined,
    claimed: Versioned,
    known: readonly (string | undefined)[],
  ): Promise<HttpResponse | undefined> {
    try {
      const received: Received = { claimed, mapped: ctx.sticky.parse(known[0]), ...arrival };
      const startedAt = ctx.clock.now();
      const keeping = keep(received);
      if (keeping !== undefined) await keeping;
      const { match } = arrival;
      const said = match === undefined ? undefined : await keyword(withConsent(received, match, known));
      // After the consent and the reply: neither waits for a conversation.
      if (said !== undefined) await keepKeyword(received);
      const outcome = said ?? (await handling(received, route));
      await finish(received, outcome);
      const pending = outcome.after?.() ?? outcome.pending;
      if (pending !== undefined) closeAfter(pending, received.sid);
      if (channels.inbound.hasSubscribers) publish(received, outcome, startedAt);
      return outcome.response;
    } catch (error) {
      // The provider may not come again: once more, by the service itself.
      ctx.waiting.later(arrival.sid, ctx.clock.now() + AGAIN_MS);
      throw error;
    }
  };

  function withConsent(
    received: Received,
    match: KeywordMatch,
    [, consent, mark, campaign]: readonly (string | undefined)[],
  ): ReceivedKeyword {
    return { consent: parseConsent(consent), campaign, known: [consent, mark], ...received, match };
  }

  function publish({ sid, from, sender }: Received, { optOutType }: Outcome, startedAt: number): void {
    channels.inbound.publish({
      service: ctx.options.name,
      sid,
      from,
      to: sender.id,
      optOutType: optOutType ?? null,
      durationMs: ctx.clock.now() - startedAt,
    });
  }

  /** The answer is on record before it leaves: a duplicate gets the same one. */
  async function finish(received: Received, outcome: Outcome): Promise<void> {
    const { sid, sender, claimed } = received;
    const { inbound } = claimed.record;
    if (!outcome.kept || inbound === undefined) {
      await ctx.messages.remove(sid);
      return ctx.outbox.done(sid);
    }
    const now = ctx.clock.now();
    const optOutType = outcome.optOutType ?? null;
    // A route that failed said so itself; when the provider comes again, it has its turn again.
    const failed = outcome.captured !== undefined && outcome.captured.status >= 500;
    const answer = failed ? undefined : (outcome.response ?? outcome.captured);
    const unfinished = outcome.pending !== undefined || outcome.informs === true;
    const part: InboundPart = {
      ...inbound,
      state: failed ? "failed" : unfinished ? "handling" : "done",
      lease: now + (unfinished ? LONG_LEASE_MS : 0),
      answer: answer === undefined ? undefined : toStoredAnswer(answer),
    };
    const next = changed(claimed.record, { optOutType, updatedAt: now, inbound: part });
    const change = { type: "inbound" as const, at: now, sid, from: received.from, to: sender.id, optOutType };
    await ctx.messages.replace(claimed, next, isFirst(inbound) ? [ctx.changes.lateEntry(change)] : []);
    if (!unfinished) ctx.outbox.done(sid);
  }

  /** Should this process die before, or the service close, the next start calls the user's code again. */
  function closeAfter(pending: Promise<void>, sid: string): void {
    late.begin();
    pending
      .then(() => ctx.messages.update(sid, close))
      .then(() => ctx.outbox.done(sid))
      .then(late.end, (error: unknown) => {
        ctx.logger.warn("An inbound message could not be marked done.", { sid, error: String(error) });
        if (!isMessagingError(error, "SERVICE_CLOSED")) late.end();
      });
  }

  function close({ inbound }: MessageRecord): RecordChange | undefined {
    return inbound === undefined ? undefined : { inbound: { ...inbound, state: "done" } };
  }

  /** Most often the mapping was made along with the claim. Else it is renewed, or made for a sender who left the pool. */
  function keep({ sender, person, mapped, kept }: Received): Promise<void> | undefined {
    if (sender.channel === "rcs" || (mapped === undefined && kept === true)) return undefined;
    if (mapped === undefined || ctx.pool.byMembership(mapped.membership) === undefined)
      return map(sender, person, mapped);
    return ctx.sticky.touch(sender.channel, person, mapped);
  }

  async function map(sender: Sender, person: string, mapped: StickyMapping | undefined): Promise<void> {
    const winner = await ctx.sticky.claim(sender.channel, person, sender.membership, mapped);
    if (winner === undefined) ctx.pool.addMapping(sender.id, 1);
  }
}

/** Whether it is handled for the first time: a route that failed has its turn again, and user code that was cut off. */
function isFirst({ state, answer }: InboundPart): boolean {
  return state !== "failed" && answer === undefined;
}
