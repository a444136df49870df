import { date, fields } from "../option-checks.ts";
import { parseRecipient } from "../phone/address.ts";
import type { ConsentEvent } from "../records/consent-record.ts";
import type { ConsentCount, ConsentStats } from "../records/consent-stats.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";

/** A rate that was too high stays so until it is below this part of the limit: one that wavers about it is one matter. */
const RELIEVED = 0.8;
/** Below this many messages a rate says nothing. */
const LEAST_MESSAGES = 20;
const PAGE = 500;
const DAY_MS = 86_400_000;

interface Tally {
  optOuts: number;
  optIns: number;
  messages: number;
}

/** Counts from the logs: nothing is kept up beside them, and a number can be followed to its entries. */
export function createConsentStats(
  ctx: FlowContext,
): (options?: { readonly since?: Date | undefined }) => Promise<ConsentStats> {
  return async function stats(options = {}): Promise<ConsentStats> {
    fields("consent.stats", options, ["since"]);
    date("since", options.since);
    const { since = new Date(ctx.clock.now() - 30 * DAY_MS) } = options;
    const total = createTally();
    const groups = {
      byKeyword: new Map<string, Tally>(),
      bySender: new Map<string, Tally>(),
      byCampaign: new Map<string, Tally>(),
      byDay: new Map<string, Tally>(),
    };
    const lastCampaign = new Map<string, string>();

    for await (const record of messagesSince(since.getTime())) {
      const campaign = record.tags?.campaign;
      // Newest first: the first campaign seen for a person is the last that wrote to them.
      if (campaign !== undefined) {
        const { person } = parseRecipient(record.to);
        if (!lastCampaign.has(person)) lastCampaign.set(person, campaign);
      }
      const counted = [
        total,
        tallyOf(groups.bySender, record.from ?? ""),
        tallyOf(groups.byDay, dayOf(record.createdAt)),
      ];
      if (campaign !== undefined) counted.push(tallyOf(groups.byCampaign, campaign));
      for (const tally of counted) tally.messages += 1;
    }
    for await (const event of eventsSince(since.getTime())) {
      const campaign = event.campaign ?? lastCampaign.get(event.person);
      const counted = [total, tallyOf(groups.byDay, dayOf(event.at))];
      if (event.keyword !== undefined) counted.push(tallyOf(groups.byKeyword, event.keyword));
      if (event.sender !== undefined) counted.push(tallyOf(groups.bySender, event.sender));
      if (campaign !== undefined) counted.push(tallyOf(groups.byCampaign, campaign));
      for (const tally of counted) tally[event.status === "opted-out" ? "optOuts" : "optIns"] += 1;
    }
    return Object.freeze({
      since,
      ...toCount(total),
      byKeyword: toCounts(groups.byKeyword),
      bySender: toCounts(groups.bySender),
      byCampaign: toCounts(groups.byCampaign),
      byDay: toCounts(groups.byDay),
    });
  };

  async function* messagesSince(since: number): AsyncGenerator<MessageRecord> {
    let before: string | undefined;
    for (;;) {
      const page = await ctx.messages.page(before, PAGE);
      for (const record of await ctx.messages.getMany(page.map((entry) => entry.value))) {
        if (record === undefined) continue;
        if (record.createdAt < since) return;
        if (record.direction !== "inbound" && record.optOutType === null) yield record;
      }
      if (page.length < PAGE) return;
      before = page.at(-1)?.cursor;
    }
  }

  /** From the end, as far back as need be: the log holds what was ever said. */
  async function* eventsSince(since: number): AsyncGenerator<ConsentEvent> {
    let before: string | undefined;
    for (;;) {
      const { events, cursor } = await ctx.consent.latest(before, PAGE);
      for (const event of events) {
        // A keyword is written down when it comes, or after an outage; whatever else may be dated back.
        if (event.source === "keyword" && event.at < since - DAY_MS) return;
        const counts = event.effect === "applied" && event.repeated !== true;
        if (event.at >= since && counts && event.service === ctx.options.name) yield event;
      }
      if (events.length < PAGE || cursor === undefined) return;
      before = cursor;
    }
  }
}

/**
 * An alert when more of a day's messages than `optOutRateAlert` were answered by an opt-out: at most one a day and process. To
 * be run now and then.
 *
 * @see SignalWire's campaign guidelines: above 5 % counts as high.
 */
export function createOptOutRate(
  ctx: FlowContext,
  stats: ReturnType<typeof createConsentStats>,
): () => Promise<void> {
  let alerted = "";
  let high = false;
  return async function checkOptOutRate(): Promise<void> {
    const today = dayOf(ctx.clock.now());
    const { optOutRateAlert } = ctx.settings();
    if (optOutRateAlert === false || alerted === today) return;
    const { optOuts, messages, rate } = await stats({ since: new Date(ctx.clock.now() - DAY_MS) });
    high = messages >= LEAST_MESSAGES && rate > (high ? optOutRateAlert * RELIEVED : optOutRateAlert);
    if (!high) return;
    alerted = today;
    const [percent, limit] = [rate, optOutRateAlert].map((each) => Number((each * 100).toFixed(1)));
    ctx.events.alert(
      "HIGH_OPT_OUT_RATE",
      `${optOuts} opt-outs for ${messages} messages in a day (${percent} %), and ${limit} % is the limit: carriers act on it.`,
      { optOuts, messages, rate },
    );
  };
}

function createTally(): Tally {
  return { optOuts: 0, optIns: 0, messages: 0 };
}

function tallyOf(group: Map<string, Tally>, name: string): Tally {
  const tally = group.get(name) ?? createTally();
  group.set(name, tally);
  return tally;
}

function toCount(tally: Tally): ConsentCount {
  return { ...tally, rate: tally.messages === 0 ? 0 : tally.optOuts / tally.messages };
}

function toCounts(group: ReadonlyMap<string, Tally>): Readonly<Record<string, ConsentCount>> {
  return Object.freeze(
    Object.fromEntries([...group].map(([name, tally]) => [name, Object.freeze(toCount(tally))])),
  );
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
