/** Opt-outs, opt-ins and messages of one word, sender, campaign or day. */
export interface ConsentCount {
  readonly optOuts: number;
  readonly optIns: number;
  /** Outbound messages, replies to keywords not counted; 0 for words. */
  readonly messages: number;
  /** Opt-outs per message, 0 where there are no messages. */
  readonly rate: number;
}

/** `consent.stats`: this service's numbers since a time. */
export interface ConsentStats extends ConsentCount {
  readonly since: Date;
  readonly byKeyword: Readonly<Record<string, ConsentCount>>;
  readonly bySender: Readonly<Record<string, ConsentCount>>;
  /** By the `campaign` tag of messages; an opt-out counts for the last campaign that wrote to the person. */
  readonly byCampaign: Readonly<Record<string, ConsentCount>>;
  /** By day, `YYYY-MM-DD` in UTC. */
  readonly byDay: Readonly<Record<string, ConsentCount>>;
}
