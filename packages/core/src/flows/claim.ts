import { MessagingError } from "../errors.ts";
import { withLink } from "../planning/media.ts";
import type { Plan } from "../planning/plan.ts";
import { LINK_MS } from "../records/links.ts";
import type { Draft } from "../send-request.ts";
import type { Claim, Claimed, Decide, Decision, FlowContext } from "./context.ts";
import { refusalOf } from "./outcome.ts";

/** Each round is lost to somebody else's claim for the same recipient; five in a row do not happen. */
const ROUNDS = 5;

/**
 * Makes the sticky mapping and the media link a plan asks for. The claim alone is what makes two processes agree: a loser plans again with
 * the winner's mapping. Rejects with the refusal when that plan has no sender. What the plan warns of is raised: it is acted on from here.
 */
export function createClaim(
  ctx: FlowContext,
  { decide, raise }: { readonly decide: Decide; readonly raise: (plan: Plan) => void },
): Claim {
  return async function claim(draft: Draft, first: Decision, options): Promise<Claimed> {
    let decision = first;
    let claimed: string | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const chosen = decision.plan.decision;
      const { channel, person } = draft.to;
      if (chosen === null || !decision.plan.sticky.claim) break;
      const { membership, id } = chosen.sender;
      const winner = await ctx.sticky.claim(channel, person, membership, decision.mapping);
      if (winner === undefined) {
        const { read } = decision.plan.sticky;
        if (read !== null) ctx.pool.addMapping(read, -1);
        ctx.pool.addMapping(id, 1);
        claimed = membership;
        break;
      }
      if (winner.membership === membership) break;
      decision = await decide(draft, { ...options, winner });
      const refusal = refusalOf(draft, decision, options.confirmation);
      if (refusal !== undefined) throw refusal;
    }
    if (decision.link !== undefined) decision = await holdLink(draft, decision, options.sid);
    raise(decision.plan);
    return { decision, claimed };
  };

  /** The link's code is free, as it was read. If another message took it meanwhile, this one has a code of its own. */
  async function holdLink(draft: Draft, settled: Decision, sid: string): Promise<Decision> {
    let decision = settled;
    const { mediaUrl, text, smartEncoding } = draft;
    const to = draft.to.address;
    for (let round = 0; round < ROUNDS; round++) {
      const chosen = decision.plan.decision;
      if (decision.link === undefined || chosen === null) return decision;
      const now = ctx.clock.now();
      const times = { createdAt: now, expiresAt: now + LINK_MS };
      const link = { sid, service: ctx.options.sid, to, from: chosen.sender.id, mediaUrl, ...times };
      if (await ctx.links.claim(decision.link, link)) return decision;
      const next = ctx.links.code({ to, mediaUrl }, `${sid} ${round}`);
      const plan = withLink(decision.plan, { body: text, smartEncoding }, ctx.linkTo(next) ?? "");
      decision = { ...decision, plan, link: next };
    }
    throw new MessagingError("STORE_UNAVAILABLE", "Every code of a media link is taken.");
  }
}
