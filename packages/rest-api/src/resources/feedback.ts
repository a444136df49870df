import { rfc2822 } from "../dates.ts";
import type { ResolvedRestOptions } from "../options.ts";
import { oneOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { messagesPath } from "./message-view.ts";
import type { MessageFinder } from "./messages.ts";

/** As long as Twilio keeps its log of messages. */
const KEPT_MS = 400 * 86_400_000;

/** What is stored of it. */
interface StoredFeedback {
  readonly outcome: "confirmed" | "unconfirmed";
  readonly createdAt: number;
}

/** Where the feedback on a message is stored. */
export function feedbackKey(accountSid: string, sid: string): string {
  return `ms:${accountSid}:feedback:${sid}`;
}

/** `…/Messages/{Sid}/Feedback`: whether the recipient did what the message asked for. The last one given holds. */
export function feedbackRows({
  options,
  find,
}: {
  readonly options: ResolvedRestOptions;
  readonly find: MessageFinder;
}): readonly Row[] {
  const { accountSid, store, clock } = options;
  return [["POST", "/2010-04-01/Accounts/{AccountSid}/Messages/{MessageSid}/Feedback", create]];

  async function create({ params, form }: Call): Promise<Answer> {
    const outcome = oneOf(form, "Outcome", ["confirmed", "unconfirmed"]) ?? "confirmed";
    const { sid } = await find(params.MessageSid);
    const key = feedbackKey(accountSid, sid);
    const now = clock.now();
    const raw = await store.get(key);
    const { createdAt } = raw === undefined ? { createdAt: now } : (JSON.parse(raw) as StoredFeedback);
    await store.set(key, JSON.stringify({ outcome, createdAt } satisfies StoredFeedback), KEPT_MS);
    return {
      status: 200,
      json: {
        account_sid: accountSid,
        message_sid: sid,
        outcome,
        date_created: rfc2822(new Date(createdAt)),
        date_updated: rfc2822(new Date(now)),
        uri: `${messagesPath(accountSid)}/${sid}/Feedback.json`,
      },
    };
  }
}
