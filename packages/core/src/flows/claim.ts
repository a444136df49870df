import type { Draft } from "../send-request.ts";
import type { Claim, Claimed, Decide, DecideOptions, Decision, FlowContext } from "./context.ts";
import { refusalOf } from "./outcome.ts";

/** Each round is lost to somebody else's claim for the same recipient; five in a row do not happen. */
const ROUNDS = 5;

/**
 * Makes the sticky mapping a plan asks for. The claim alone is what makes two processes agree: a loser plans again with
 * the winner's mapping. Rejects with the refusal when that plan has no sender.
 */
export function createClaim(ctx: FlowContext, { decide }: { readonly decide: Decide }): Claim {
  return async function claim(draft: Draft, first: Decision, options: DecideOptions = {}): Promise<Claimed> {
    let decision = first;
    for (let round = 0; round < ROUNDS; round++) {
      const chosen = decision.plan.decision;
      const { channel, person } = draft.to;
      if (chosen === null || !decision.plan.sticky.claim) break;
      const { membership, id } = chosen.sender;
      const winner = await ctx.sticky.claim(channel, person, membership, decision.mapping);
      if (winner === undefined) {
        ctx.pool.addMapping(id, 1);
        return { decision, claimed: membership };
      }
      if (winner.membership === membership) break;
      decision = await decide(draft, { ...options, winner });
      const refusal = refusalOf(draft, decision);
      if (refusal !== undefined) throw refusal;
    }
    return { decision, claimed: undefined };
  };
}
