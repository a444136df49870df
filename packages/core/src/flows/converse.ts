import { awake, newConversation, type Pair, withMessage } from "../records/conversation-record.ts";
import { replySidOf } from "../records/inbound-record.ts";
import { type MessageRecord, toInboundMessage } from "../records/message-record.ts";
import { deriveSid } from "../sid.ts";
import type { Received } from "./arrival.ts";
import type { FlowContext } from "./context.ts";
import type { ConversationChanges, ConversationHooks, Converse } from "./conversing.ts";

/** Flows that {@link createConverse} is handed. */
export interface ConverseFlows {
  readonly hooks: ConversationHooks;
  readonly changes: ConversationChanges;
}

/** Twilio names everybody else in a group MMS so. */
const OTHERS = /^OtherRecipients\d*$/;
/** Most pairs whose conversation is remembered. */
const MOST_PAIRS = 100_000;
/** Who wrote what the service itself answers. @see Twilio, Conversation Message resource: Author. */
const SYSTEM = "system";

/**
 * Inbound messages in conversations. The pair is bound first, which one of any number of processes does, then the
 * conversation is written with its first message; whoever finds the pair bound and nothing there writes it in the
 * other's stead.
 */
export function createConverse(ctx: FlowContext, { hooks, changes }: ConverseFlows): Converse {
  /** Conversations by pair, as this process last saw them: one that is still open is the pair's, and no binding is read. */
  const seen = new Map<string, string>();
  return Object.freeze({ receive, keep });

  async function receive(received: Received): Promise<boolean> {
    const { record } = received.claimed;
    if (Object.keys(record.inbound?.parameters ?? {}).some((name) => OTHERS.test(name))) {
      const { sid } = record;
      ctx.events.alert(
        "GROUP_MMS_UNSUPPORTED",
        `${sid} is a group MMS: it is on record, and in no conversation.`,
        { sid },
        { subject: received.sender.id },
      );
      return true;
    }
    const pair = pairOf(received);
    const name = `${pair.sender} ${pair.person}`;
    const known = seen.get(name);
    if (known !== undefined && (await changes.join(known, record, received.from)) === "in") return true;
    const placed = await place(received, pair);
    if (placed === undefined) return false;
    if (seen.size >= MOST_PAIRS) seen.clear();
    if (placed.sid !== undefined) seen.set(name, placed.sid);
    return true;
  }

  /** The open conversation of the pair, with the message in it or in an earlier one; `undefined`: it was refused. */
  async function place(
    received: Received,
    pair: Pair,
  ): Promise<{ readonly sid: string | undefined } | undefined> {
    const { record } = received.claimed;
    let accepted = false;
    for (;;) {
      const { bindings, isIn } = await ctx.conversations.bound(pair.channel, pair.person, record.sid);
      const bound = bindings.bySender[pair.sender];
      if (isIn) return { sid: bound };
      const joined = bound === undefined ? "closed" : await changes.join(bound, record, received.from);
      if (joined === "in") return { sid: bound };
      if (joined === "missing" && bound !== undefined) {
        if (await begin(bound, pair, record)) return { sid: bound };
        continue;
      }
      // Asked once, however often another process comes before us.
      accepted ||= await hooks.ask({
        type: "onConversationAdd",
        address: pair.address,
        sender: pair.sender,
        channel: pair.channel,
        body: record.body,
        message: toInboundMessage(record, ctx.options.accountSid, ctx.options.sid),
      });
      if (!accepted) {
        await forget(received);
        return undefined;
      }
      // The message's own: handled again after a crash, it finds what it began.
      const sid = deriveSid("CH", record.sid);
      const binding = { sender: pair.sender, sid };
      if (!(await ctx.conversations.bind(pair.channel, pair.person, bindings, binding))) continue;
      if (await begin(sid, pair, record)) return { sid };
    }
  }

  async function begin(sid: string, pair: Pair, message: MessageRecord): Promise<boolean> {
    const now = ctx.clock.now();
    const { record, line } = withMessage(
      awake(newConversation(sid, pair, now), ctx.options.conversations, now),
      { messageSid: message.sid, author: pair.address },
      now,
    );
    const begun = await changes.commit(
      undefined,
      record,
      [{ type: "onConversationAdded" }, { type: "onParticipantAdded" }, { type: "onMessageAdded", line }],
      message,
    );
    return begun !== undefined;
  }

  /** What it left before it was refused: a sticky mapping that was not there. */
  async function forget({ sender, person, mapped, kept }: Received): Promise<void> {
    if (mapped !== undefined || kept !== true) return;
    await ctx.sticky.release(sender.channel, person, sender.membership);
    ctx.pool.addMapping(sender.id, -1);
  }

  async function keep(received: Received): Promise<void> {
    const { sender, sid, match } = received;
    if ((sender.inboundHandling ?? ctx.settings().inboundHandling) !== "conversation") return;
    const pair = pairOf(received);
    const { bindings } = await ctx.conversations.bound(pair.channel, pair.person);
    const bound = bindings.bySender[pair.sender];
    if (bound === undefined) return;
    const said = { ...received.claimed.record, optOutType: match?.optOutType ?? null };
    if ((await changes.join(bound, said, received.from)) !== "in") return;
    const reply = await ctx.messages.get(replySidOf(sid, 0));
    if (reply !== undefined) await changes.join(bound, reply.record, SYSTEM, { evenClosed: true });
  }
}

function pairOf({ from, person, sender }: Received): Pair {
  return { address: from, person, sender: sender.id, channel: sender.channel };
}
