import { parseRecipient } from "../../src/phone/address.ts";
import {
  type Plan,
  type PlanFacts,
  type PlanRequest,
  type PlanSettings,
  plan,
} from "../../src/planning/plan.ts";
import { createSenderPool, type SenderPool } from "../../src/planning/pool.ts";
import { resolveSender } from "../../src/planning/resolve-sender.ts";
import type { Sender, SenderInput } from "../../src/sender.ts";

export const DEFAULTS: PlanSettings = {
  stickySender: true,
  areaCodeGeomatch: true,
  mmsConverter: true,
  preRegistrationAlert: true,
};

/** A sender whose membership follows from its address: `m:<address>`. */
export function senderOf(input: SenderInput): Sender {
  const sender = resolveSender(input, { defaultProvider: "carrier", membership: "" });
  return Object.freeze({ ...sender, membership: `m:${sender.id}` });
}

export function poolOf(...inputs: readonly SenderInput[]): SenderPool {
  return createSenderPool(inputs.map(senderOf));
}

export function requestTo(to: string, request: Partial<PlanRequest> = {}): PlanRequest {
  return { to: parseRecipient(to), body: "hello", mediaUrl: [], smartEncoding: true, ...request };
}

export interface PlanInput extends Partial<Omit<PlanRequest, "to">> {
  readonly to: string;
  readonly facts?: PlanFacts;
  readonly settings?: Partial<PlanSettings>;
}

export function planOn(pool: SenderPool, { to, facts = {}, settings = {}, ...request }: PlanInput): Plan {
  return plan(pool, { ...DEFAULTS, ...settings }, requestTo(to, request), facts);
}

/** The address chosen, or the code of the refusal. */
export function senderFor(pool: SenderPool, input: PlanInput): string | undefined {
  const { decision, refusal } = planOn(pool, input);
  return decision?.sender.id ?? refusal?.code;
}

export function reasonsOf(plan: Plan): readonly string[] {
  return plan.steps.map(({ reason }) => reason);
}
