import { type PlanFacts, plan } from "../planning/plan.ts";
import { boundBy, consentChannel, parseConsent } from "../records/consent-record.ts";
import type { LinkTarget } from "../records/links.ts";
import type { StickyMapping } from "../records/sticky.ts";
import type { Draft } from "../send-request.ts";
import type { Decide, DecideOptions, Decision, FlowContext } from "./context.ts";
import { question } from "./outcome.ts";

/** A look-up of the user's must not hold a send up for longer. */
const LOOKUP_MS = 2_000;
const LOOKUP_TTL_MS = 86_400_000;
const WINDOW_MS = 86_400_000;

/** What was read beside the facts of a plan. */
interface Known {
  readonly mapping: StickyMapping | undefined;
  readonly link: string | undefined;
  readonly consent: string | undefined;
  readonly idempotent: string | undefined;
}

/**
 * Reads once and plans: consent, sticky mapping, settings and idempotency mark in one wave, then the pure planner.
 * `send` and `explain` both stand on this, so what one says the other does.
 */
export function createDecide(ctx: FlowContext): Decide {
  const carriers = new Map<string, { readonly carrier: string | undefined; readonly until: number }>();

  return async function decide(draft: Draft, options: DecideOptions = {}): Promise<Decision> {
    const { to, idempotencyKey } = draft;
    const wanted = [ctx.keys.config, ctx.keys.consent(to.person), ctx.keys.sticky(to.channel, to.person)];
    const window = to.channel === "whatsapp" ? wanted.push(ctx.keys.window(to.person)) - 1 : -1;
    const mark = idempotencyKey === undefined ? -1 : wanted.push(ctx.keys.idempotency(idempotencyKey)) - 1;
    const target = linkTarget(draft);
    const firstLink = target && ctx.keys.link(ctx.links.code(target, 0));
    const linkAt = firstLink === undefined ? -1 : wanted.push(firstLink) - 1;
    const read = await ctx.store.getMany(wanted);
    ctx.adopt(read[0]);

    const mapping = options.winner ?? ctx.sticky.parse(read[2]);
    const link =
      target !== undefined && ctx.settings().mmsConverter
        ? await ctx.links.next(target, read[linkAt], options.sid)
        : undefined;
    // Most plans ask nobody: they do not wait for an answer either.
    const carrier = carrierOf(draft);
    const rcs = options.rcsFailed === true ? false : rcsCapable(draft);
    const facts = {
      sticky: mapping?.membership,
      carrier: carrier instanceof Promise ? await carrier : carrier,
      rcsCapable: rcs instanceof Promise ? await rcs : rcs,
      mmsFailed: options.mmsFailed,
      windowOpen: window === -1 ? undefined : windowOpen(read[window]),
      mediaLink: link && ctx.linkTo(link),
      excluded: options.excluded,
      all: options.all,
      unnamed: options.explained !== true,
    };
    return conclude(draft, facts, { mapping, link, consent: read[1], idempotent: read[mark] });
  };

  /** Plans on what was read and asked. */
  function conclude(draft: Draft, facts: PlanFacts, known: Known): Decision {
    const { to } = draft;
    const request = {
      to,
      body: draft.text,
      mediaUrl: draft.mediaUrl,
      from: draft.from,
      isReply: draft.isReply,
      fallbackFrom: draft.fallbackFrom,
      contentSid: draft.contentSid,
      sendAsMms: draft.sendAsMms,
      smartEncoding: draft.smartEncoding,
    };
    let planned = plan(ctx.pool, ctx.settings(), request, facts);
    if (planned.decision === null && facts.unnamed)
      planned = plan(ctx.pool, ctx.settings(), request, { ...facts, unnamed: false });
    const consent = parseConsent(known.consent);
    const denied = ctx.denied.has(to.person, consentChannel(to.channel));
    return {
      plan: planned,
      mapping: known.mapping,
      consent,
      optedOut: denied ? DENIED : boundBy(consent, question(ctx, draft, planned)),
      idempotent: known.idempotent,
      link: planned.decision?.kind === "SMS" ? known.link : undefined,
    };
  }

  /** What a link would stand for, should the plan want one. Where nobody could open it, the media's own URLs serve. */
  function linkTarget({ to, mediaUrl }: Draft): LinkTarget | undefined {
    const possible = mediaUrl.length > 0 && to.channel === "sms" && ctx.linkTo("") !== undefined;
    return possible ? { to: to.address, mediaUrl } : undefined;
  }

  function windowOpen(raw: string | undefined): boolean {
    return raw !== undefined && ctx.clock.now() - Number(raw) < WINDOW_MS;
  }

  /** Asked only when a short code of the recipient's country cannot reach every carrier. */
  function carrierOf({ to }: Draft): Promise<string | undefined> | string | undefined {
    const { lookupCarrier } = ctx.options;
    if (lookupCarrier === undefined || to.channel !== "sms" || !hasCarrierLimits(to.country))
      return undefined;
    const known = carriers.get(to.number);
    if (known !== undefined && known.until > ctx.clock.now()) return known.carrier;
    return askCarrier(to.number, lookupCarrier);
  }

  /** A look-up that failed is asked again next time; one that answered is kept a day. */
  async function askCarrier(
    number: string,
    lookupCarrier: NonNullable<FlowContext["options"]["lookupCarrier"]>,
  ): Promise<string | undefined> {
    const carrier = await timed(async () => lookupCarrier(number), "lookupCarrier");
    if (carrier !== undefined) {
      if (carriers.size >= 100_000) carriers.clear();
      carriers.set(number, { carrier, until: ctx.clock.now() + LOOKUP_TTL_MS });
    }
    return carrier;
  }

  function hasCarrierLimits(country: string | undefined): boolean {
    const shortCodes = country === undefined ? undefined : ctx.pool.place("short-code", country);
    for (const lineup of shortCodes?.lineups ?? []) if (lineup.unsupportedCarriers.length > 0) return true;
    return false;
  }

  function rcsCapable(draft: Draft): Promise<boolean | undefined> | undefined {
    if (draft.to.channel === "whatsapp" || draft.from !== undefined) return undefined;
    const agents = ctx.pool.place("rcs");
    if (agents === undefined) return undefined;
    const [lineup] = agents.lineups;
    const agent = lineup?.members[0]?.sender;
    const provider = agent === undefined ? undefined : ctx.providers.get(agent.provider);
    if (agent === undefined || provider?.rcsCapable === undefined) return undefined;
    const ask = provider.rcsCapable.bind(provider);
    return timed(async () => ask(draft.to.number, agent.id), "rcsCapable");
  }

  /** The answer of a hook, or `undefined` when it throws or is late. */
  async function timed<T>(ask: () => Promise<T>, hook: string): Promise<T | undefined> {
    let timer: { cancel(): void } | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = ctx.clock.schedule(() => {
        ctx.logger.warn(`${hook} took longer than ${LOOKUP_MS} ms; planned without it.`);
        resolve(undefined);
      }, LOOKUP_MS);
    });
    try {
      return await Promise.race([ask(), late]);
    } catch (error) {
      ctx.logger.warn(`${hook} failed; planned without it.`, { error: String(error) });
      return undefined;
    } finally {
      timer?.cancel();
    }
  }
}

const DENIED = Object.freeze({
  status: "opted-out",
  at: 0,
  source: "keyword",
  service: "",
  channel: "sms",
} as const);
