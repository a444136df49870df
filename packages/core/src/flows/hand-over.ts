import type { Provider, ProviderMessage, ProviderResult } from "../provider.ts";
import { createDeadlines } from "../queue/deadlines.ts";
import type { Ranked } from "../queue/heap.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";
import { deadlineOf } from "./outcome.ts";

/** Longer than any provider's own time limit: one that never answers must not hold a lane's place for ever. */
const HAND_OVER_MS = 60_000;

/** As long as a message may wait at all (36,000 s): whatever waits when a provider asks for longer is over by then. */
const LONGEST_WAIT_MS = 36_000_000;

/** A wait for a provider. */
interface Patience extends Ranked {
  readonly provider: string;
  readonly resolve: (result: ProviderResult) => void;
}

/**
 * Hands messages to providers. A provider says what happened; of one that throws, says nothing for long, or says what is no
 * result, nobody knows.
 */
export function createHandOver(
  ctx: FlowContext,
): (provider: Provider, record: MessageRecord, now: number) => Promise<ProviderResult> {
  /** Hand-overs under way: one timer watches them all. */
  const handOvers = createDeadlines<Patience>(ctx.clock, ({ provider, resolve }) =>
    resolve(unknown(`${provider} did not answer within ${HAND_OVER_MS} ms.`)),
  );

  return function handTo(provider: Provider, record: MessageRecord, now: number): Promise<ProviderResult> {
    return new Promise((resolve) => {
      const patience: Patience = { rank: 0, place: -1, provider: provider.name, resolve };
      handOvers.set(patience, now + HAND_OVER_MS);
      ask(provider, toProviderMessage(record, now)).then((result) => {
        handOvers.remove(patience);
        resolve(result);
      });
    });
  };

  function toProviderMessage(record: MessageRecord, now: number): ProviderMessage {
    return {
      sid: record.sid,
      from: record.from ?? "",
      to: record.to,
      kind: record.kind,
      body: record.body,
      // A converted MMS carries its media as a link in the body.
      mediaUrl: record.kind === "SMS" ? [] : record.mediaUrl,
      contentSid: record.outbound?.contentSid,
      contentVariables: record.outbound?.contentVariables,
      validityPeriod: Math.max(1, Math.ceil((deadlineOf(record) - now) / 1000)),
      statusCallback: ctx.statusUrl(record.provider ?? "", record.sid),
    };
  }
}

/** Asks a provider; never rejects. One of the user's own may throw, or answer without a promise. */
async function ask(provider: Provider, message: ProviderMessage): Promise<ProviderResult> {
  try {
    const said: unknown = await provider.send(message);
    return toResult(said) ?? unknown(`${provider.name} answered what is no result of a hand-over.`);
  } catch (error) {
    return unknown(String(error));
  }
}

function unknown(errorMessage: string): ProviderResult {
  return { outcome: "ambiguous", errorCode: null, errorMessage };
}

/** What a provider said, where it is a result: one of the user's own may be plain JavaScript. */
function toResult(said: unknown): ProviderResult | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const result = said as ProviderResult;
  if (result.outcome === "accepted")
    return typeof result.providerSid === "string" && result.providerSid !== "" ? result : undefined;
  if (!["refused", "not-sent", "ambiguous"].includes(result.outcome)) return undefined;
  const told = {
    ...result,
    errorCode: Number.isSafeInteger(result.errorCode) ? result.errorCode : null,
    errorMessage:
      typeof result.errorMessage === "string" ? result.errorMessage : "The provider gave no reason.",
  };
  if (told.outcome !== "not-sent") return told;
  // A lane that is held back for no number of milliseconds would be held for ever, and so it would for a number that was meant as a date.
  const { retryAfterMs } = told;
  const isWait = Number.isFinite(retryAfterMs) && Number(retryAfterMs) >= 0;
  return { ...told, retryAfterMs: isWait ? Math.min(Number(retryAfterMs), LONGEST_WAIT_MS) : undefined };
}
