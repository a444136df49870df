import type { ApplyOptions, ConsentEvent, ConsentState } from "./consent-record.ts";

/** Why an opt-in does not lift an opt-out, or `undefined`. */
export function objection(
  event: Omit<ConsentEvent, "effect">,
  optOut: ConsentState,
  { liftsNetwork, dated, stopWinsMs = 10_000 }: ApplyOptions,
): string | undefined {
  const isKeyword = event.source === "keyword";
  if (optOut.network === true && liftsNetwork !== true)
    return "a toll-free network's opt-out is lifted by START or UNSTOP only";
  const stopped = isKeyword || optOut.source === "keyword";
  if (stopped && stopWinsMs > 0 && Math.abs(event.at - optOut.at) <= stopWinsMs)
    return "a STOP came within a moment of it";
  // Of one millisecond each, what is handled later was said later.
  if (event.at < optOut.at || (event.at === optOut.at && !isKeyword)) return "older than the opt-out";
  if (!isKeyword && optOut.source === "provider")
    return "the provider blocks this person: their own START lifts it, or force";
  // A list knows nothing of what was said after it was drawn up.
  if (event.source === "import" && optOut.source === "keyword" && dated !== true)
    return "an import lifts a STOP only with a later date, or by force";
  return undefined;
}
