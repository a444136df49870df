/**
 * Every key of the store in one place. `account` keys are shared by all services of an account, `service` keys belong
 * to one. Segments are joined by ":"; no segment but the last may hold one, and only SIDs, E.164 and hashes stand there.
 */
export interface Keys {
  /** Consent of one person toward every service of the account. */
  consent(person: string): string;
  /** Log: what one person said and did about consent, for ever. */
  consentHistory(person: string): string;
  /** Log: every consent event of the account. */
  readonly consentLog: string;
  /** Mark: this provider message has changed consent once; for ever. */
  consentMark(provider: string, providerSid: string): string;
  /** Campaign of the last message that went to a person. */
  campaign(person: string): string;
  /** The provider's message ID → our SID. */
  providerLink(provider: string, providerSid: string): string;
  /** A receipt that came before its message was known. */
  parked(provider: string, providerSid: string): string;
  /** Media link of the MMS converter. */
  link(code: string): string;
  /** Idempotency key of a send. */
  idempotency(key: string): string;
  message(sid: string): string;
  sticky(channel: string, person: string): string;
  /** Last WhatsApp message per sender of one person, for the 24-hour window. */
  window(person: string): string;
  conversation(sid: string): string;
  /** Log: the messages of one conversation. */
  conversationLog(sid: string): string;
  /** Mark: this message is in a conversation. */
  conversationMark(messageSid: string): string;
  /** The open conversations of one person, by sender. */
  bindings(channel: string, person: string): string;
  /** Log: SIDs of this service's conversations. */
  readonly conversations: string;
  /** Log: conversations to be looked at when that time has come. */
  due(slot: number): string;
  /** Mark: the last of those times that is dealt with. */
  readonly lookedAt: string;
  /** Settings and senders as changed at run time. */
  readonly config: string;
  /** Log: the messages of every service that lists them for the account. */
  readonly accountMessages: string;
  /** The service that keeps one of them. */
  keeper(sid: string): string;
  /** Log: SIDs of this service's messages. */
  readonly messages: string;
  /** Log: the durable feed. */
  readonly changes: string;
  /** Log: sticky mappings as they were made. */
  readonly stickyLog: string;
  /** Log: SIDs of alerts. */
  readonly alerts: string;
  /** One alert of one day. */
  alert(sid: string): string;
  /** Log: the processes that ever accepted messages. */
  readonly owners: string;
  /** Heartbeat of one process. */
  owner(id: string): string;
  /** Who recovers a dead process. */
  takeover(id: string): string;
  /** Log: SIDs a process accepted; what recovery reads. */
  outbox(id: string): string;
  /** Cursor below which everything in the outbox is final. */
  outboxMark(id: string): string;
}

/** Where an account keeps our SID of a provider's message. */
export function providerLinkKey(accountSid: string, provider: string, providerSid: string): string {
  return `${linkPrefix(accountSid)}${provider}:${providerSid}`;
}

function linkPrefix(accountSid: string): string {
  return `ms:${accountSid}:sid:`;
}

/** The keys of one service. `name` is escaped, since a person chose it. */
export function createKeys(accountSid: string, name: string): Keys {
  const account = `ms:${accountSid}:`;
  const service = `${account}${encodeURIComponent(name)}:`;
  return Object.freeze({
    consent: below(`${account}consent:`),
    consentHistory: below(`${account}history:`),
    consentLog: `${account}consents`,
    consentMark: belowBoth(`${account}said:`),
    campaign: below(`${service}campaign:`),
    providerLink: belowBoth(linkPrefix(accountSid)),
    parked: belowBoth(`${account}parked:`),
    link: below(`${account}link:`),
    idempotency: below(`${service}once:`),
    message: below(`${service}m:`),
    sticky: belowBoth(`${service}sticky:`),
    window: below(`${service}window:`),
    conversation: below(`${service}c:`),
    conversationLog: below(`${service}talk:`),
    conversationMark: below(`${service}in:`),
    bindings: belowBoth(`${service}pair:`),
    conversations: `${service}conversations`,
    due: (slot: number) => `${service}due:${slot}`,
    lookedAt: `${service}looked`,
    config: `${service}config`,
    accountMessages: `${account}messages`,
    keeper: below(`${account}keeper:`),
    messages: `${service}messages`,
    changes: `${service}changes`,
    stickyLog: `${service}stickies`,
    alerts: `${service}alerts`,
    alert: below(`${service}alert:`),
    owners: `${service}owners`,
    owner: below(`${service}owner:`),
    takeover: below(`${service}takeover:`),
    outbox: below(`${service}outbox:`),
    outboxMark: below(`${service}outboxmark:`),
  });
}

/** The keys that begin so. */
function below(prefix: string): (last: string) => string {
  const start = flat(prefix);
  return (last) => start + last;
}

/** The keys that begin so and go on with one of a few names: channels, or providers. */
function belowBoth(prefix: string): (name: string, last: string) => string {
  const starts = new Map<string, string>();
  return (name, last) => {
    let start = starts.get(name);
    if (start === undefined) {
      start = flat(`${prefix}${name}:`);
      starts.set(name, start);
    }
    return start + last;
  };
}

/**
 * The same text as one piece. V8 keeps what was concatenated as a tree of its parts, and a key that is one is slow to hash and to
 * compare: a template of five parts made each access of a store in memory a quarter slower.
 */
function flat(text: string): string {
  return [...text].join("");
}
