import type { Plan } from "../planning/plan.ts";
import { checkSchedule, parseSendRequest } from "../send-request.ts";
import type { SendRequest } from "../types.ts";
import type { Decide, FlowContext } from "./context.ts";

/** What the plan would be, and whether anything stands against it. */
export interface Explained extends Plan {
  /** The recipient opted out: `send` would be refused with OPTED_OUT. */
  readonly optedOut: boolean;
}

/** `service.explain`: the same reading and the same planner as `send`, and nothing written. */
export function createExplain(ctx: FlowContext, { decide }: { readonly decide: Decide }) {
  return async function explain(
    request: SendRequest,
    options: { readonly all?: boolean } = {},
  ): Promise<Explained> {
    const draft = parseSendRequest(request, {
      settings: ctx.settings(),
      serviceSid: ctx.options.sid,
      defaultCountry: ctx.options.defaultCountry,
    });
    if (draft.sendAt !== undefined) checkSchedule(draft.sendAt, ctx.clock.now());
    const { plan, optedOut } = await decide(
      { ...draft, idempotencyKey: undefined },
      { ...options, explained: true },
    );
    return Object.freeze({ ...plan, optedOut: optedOut !== undefined });
  };
}
