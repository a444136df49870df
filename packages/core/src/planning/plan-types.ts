import type { ErrorCode } from "../errors.ts";
import type { Recipient } from "../phone/address.ts";
import type { Sender } from "../sender.ts";
import type { Address, Encoding, MessageKind, PlanAlert, PlanStep, RuleName } from "../types.ts";
import type { PlanReason } from "./reasons.ts";

/** What is to be planned: a message with every option settled. */
export interface PlanRequest {
  readonly to: Recipient;
  readonly body: string;
  readonly mediaUrl: readonly string[];
  /** The sender to use; `undefined`: choose one. */
  readonly from?: Address | undefined;
  /** `from` is who was written to, and nobody's choice: without MMS it sends a link. */
  readonly isReply?: boolean | undefined;
  /** SMS or MMS sender for recipients that RCS does not reach. */
  readonly fallbackFrom?: Address | undefined;
  /** A content template, which goes outside WhatsApp's window too. */
  readonly contentSid?: string | undefined;
  /** MMS even without media. */
  readonly sendAsMms?: boolean | undefined;
  readonly smartEncoding: boolean;
}

/** The service's settings that a plan depends on. */
export interface PlanSettings {
  readonly stickySender: boolean;
  readonly areaCodeGeomatch: boolean;
  readonly mmsConverter: boolean;
  readonly preRegistrationAlert: boolean;
}

/** What is known about the recipient and this attempt, read before planning. */
export interface PlanFacts {
  /** Membership that the recipient's sticky mapping names, on this channel. */
  readonly sticky?: string | undefined;
  /** The recipient's carrier, as `lookupCarrier` names it. */
  readonly carrier?: string | undefined;
  /** Whether the provider says RCS reaches the recipient; `undefined` for unknown, which is planned as no. */
  readonly rcsCapable?: boolean | undefined;
  /** The recipient's carrier did not take this message as MMS. */
  readonly mmsFailed?: boolean | undefined;
  /** Whether WhatsApp's 24-hour window is open; only `false` refuses. */
  readonly windowOpen?: boolean | undefined;
  /** The link that stands for the media in a converted message. Default: the media's own URLs. */
  readonly mediaLink?: string | undefined;
  /** Senders this message may not leave by. */
  readonly excluded?: ReadonlySet<Address> | undefined;
  /** List every sender that was set aside, not only 20 a step. */
  readonly all?: boolean | undefined;
  /** List none: who sends a message asks for the decision, and collecting names takes longer than that. */
  readonly unnamed?: boolean | undefined;
}

/** Who sends, and as what. */
export interface PlanDecision {
  readonly sender: Sender;
  readonly kind: MessageKind;
  /** The rule that settled it: the last one that left exactly this sender. */
  readonly rule: RuleName;
}

/** Why nothing can be sent. */
export interface PlanRefusal {
  readonly code: ErrorCode;
  /** What is wrong, naming the value; the remedy is the error table's. */
  readonly message: string;
}

/** What a plan did with the recipient's sticky mapping. */
export interface PlanSticky {
  /** The sender the mapping names; `null` when there is none, or it left the pool. */
  readonly read: Address | null;
  /** Why the mapping no longer holds, or `null`. */
  readonly dropped: PlanReason | null;
  /** The caller must claim a mapping to `decision.sender` before it sends. */
  readonly claim: boolean;
  /** There is a mapping, and it stays as it is: used, or not asked (sticky off, `from`, RCS). */
  readonly kept: boolean;
}

/** Who sends, as what, in how many segments, and why. Frozen. */
export interface Plan {
  readonly to: Recipient;
  /** `null` when refused. */
  readonly decision: PlanDecision | null;
  /** Who takes over when the decision is RCS and does not get through; then plan again with `rcsCapable: false`. */
  readonly fallback: PlanDecision | null;
  readonly refusal: PlanRefusal | null;
  /** What each rule did, in the order they ran; after RCS, those of the fallback follow. */
  readonly steps: readonly PlanStep[];
  readonly alerts: readonly PlanAlert[];
  /** `null` for MMS, WhatsApp and RCS. */
  readonly encoding: Encoding | null;
  readonly numSegments: number;
  readonly segments: readonly string[];
  /** What leaves: after Smart Encoding, with the converter's link. */
  readonly body: string;
  /** The characters that made it UCS-2. */
  readonly forcedBy: readonly string[];
  readonly sticky: PlanSticky;
}
