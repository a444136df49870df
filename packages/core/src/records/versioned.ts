import type { LateText } from "../store/late-text.ts";
import type { MessageRecord } from "./message-record.ts";
import { changingText, fixedText, inboundText } from "./record-text.ts";

/** A record with the exact text it is stored as: what compareAndSet compares with. */
export interface Versioned {
  readonly record: MessageRecord;
  readonly raw: LateText;
  /** Where it is stored. */
  readonly key: string;
}

/**
 * A record and its text: JSON, equal to what `JSON.stringify` says up to the order of the fields. What does not change from
 * step to step is written once per message: `before` is the version it follows from, whose text is taken over as far
 * as it holds.
 */
export function toVersioned(record: MessageRecord, key: string, before?: Versioned): Versioned {
  return { record, raw: new RecordText(record, before), key };
}

/** The record of a text that was not written out yet. */
export function recordOf(raw: LateText): MessageRecord | undefined {
  return raw instanceof RecordText ? raw.record : undefined;
}

/** The text of a record, written out when it is first asked for: nobody may change the record afterwards. */
class RecordText implements LateText {
  /** Until it is written out. */
  record: MessageRecord | undefined;
  private text: string | undefined;
  /** The start of the text, which a step of delivery leaves as it is. */
  private fixed: string | undefined;
  /** The same of what a provider said of an inbound message. */
  private said: string | undefined;

  constructor(record: MessageRecord, before: Versioned | undefined) {
    this.record = record;
    this.text = undefined;
    this.fixed = undefined;
    this.said = undefined;
    if (before === undefined || !(before.raw instanceof RecordText)) return;
    const { fixed, said } = before.raw;
    if (fixed !== undefined && isFixedAlike(before.record, record)) this.fixed = fixed;
    if (before.record.inbound?.parameters === record.inbound?.parameters) this.said = said;
  }

  toString(): string {
    if (this.record !== undefined) {
      this.text = this.write(this.record);
      this.record = undefined;
    }
    return this.text ?? "";
  }

  private write(record: MessageRecord): string {
    const { inbound } = record;
    this.fixed ??= fixedText(record);
    if (inbound === undefined) return `${this.fixed}${changingText(record)}}`;
    this.said ??= JSON.stringify(inbound.parameters);
    return `${this.fixed}${changingText(record)},"inbound":{${inboundText(inbound)},"parameters":${this.said}}}`;
  }
}

/** Whether two versions have the same fixed part. Their objects are the very same, or it counts as another. */
function isFixedAlike(a: MessageRecord, b: MessageRecord): boolean {
  return (
    a.sid === b.sid &&
    a.outbound === b.outbound &&
    a.explanation === b.explanation &&
    a.body === b.body &&
    a.mediaUrl === b.mediaUrl &&
    a.tags === b.tags &&
    a.to === b.to &&
    a.kind === b.kind &&
    a.encoding === b.encoding &&
    a.numSegments === b.numSegments &&
    a.provider === b.provider &&
    a.createdAt === b.createdAt &&
    a.sendAt === b.sendAt &&
    a.validityPeriod === b.validityPeriod &&
    a.category === b.category &&
    a.optOutType === b.optOutType &&
    a.direction === b.direction &&
    a.statusCallback === b.statusCallback &&
    a.guardedCallback === b.guardedCallback &&
    a.callbackMethod === b.callbackMethod &&
    a.conversation === b.conversation
  );
}
