/**
 * Every alert this library raises: the field's number or `null`, the level, the remedy. Numbers are Twilio's where Twilio has one; an
 * alert of a particular failure carries the number of that failure instead (11202 for a webhook that refuses the connection).
 *
 * @see https://www.twilio.com/docs/api/errors
 */
export const ALERT_TABLE = {
  // Senders and countries: what a plan warns of, when a message is sent by it.
  PREREGISTRATION: [
    30018,
    "WARNING",
    "Register the sender ID with your carrier for that country, then set `registered` on the sender.",
  ],
  SENDER_ID_OVERWRITTEN: [
    null,
    "WARNING",
    "Handsets there show another sender: do not count on being recognised by the sender ID.",
  ],
  FOREIGN_SENDER: [null, "WARNING", "Add a number of the US or Canada to the pool."],
  MULTIPLE_TOLL_FREE: [null, "WARNING", "Keep one toll-free number in the pool."],
  LANE_NEARLY_FULL: [
    null,
    "WARNING",
    "Send slower, add senders, or raise the sender's throughput: what does not fit is refused.",
  ],

  // Opt-out.
  HIGH_OPT_OUT_RATE: [
    null,
    "WARNING",
    "Look at who is texted and why: consent.stats counts by campaign, sender and word.",
  ],
  KEYWORD_REPLY_LATE: [
    null,
    "WARNING",
    "Find out why the webhook came late: after five minutes a confirmation is not presumed allowed.",
  ],
  KEYWORD_REPLY_FAILED: [
    null,
    "ERROR",
    "Consent is on record; the person got no answer. The message names the reason.",
  ],

  // Webhooks of yours.
  WEBHOOK_FAILED: [
    11200,
    "ERROR",
    "Mend the webhook the alert names; its fallback, if any, was called instead.",
  ],
  WEBHOOK_FALLBACK_FAILED: [11200, "ERROR", "Mend the fallback as well: nobody handled the message."],
  STATUS_CALLBACK_FAILED: [
    11200,
    "ERROR",
    "Mend the status callback; service.changes() has what it was not told.",
  ],
  DEBUGGER_WEBHOOK_FAILED: [
    11200,
    "WARNING",
    "Mend the debuggerWebhook; this alert alone is never sent to it.",
  ],
  TWIML_WARNING: [12200, "WARNING", "Correct the TwiML: what it warns of was left out, the rest was done."],
  REPLY_REFUSED: [null, "ERROR", "Correct what the webhook answers; the message names the reason."],
  REPLY_LOOP: [14107, "ERROR", "Do not answer automatic answers: two machines were talking to each other."],
  CONVERSATION_HOOK_FAILED: [
    11200,
    "ERROR",
    "Mend the conversation's hook the alert names; service.changes() has what it was not told.",
  ],
  GROUP_MMS_UNSUPPORTED: [
    null,
    "WARNING",
    "Answer the persons one by one: a conversation has one person, and a group's message is in none.",
  ],
  ROUTE_SKIPPED: [null, "WARNING", "Set a webhook: a route answers one message per request."],

  // Providers.
  PROVIDER_AUTH_REFUSED: [20003, "ERROR", "Correct the provider's credentials, or ask it about the account."],
  PROVIDER_UNAVAILABLE: [
    30500,
    "ERROR",
    "Check the provider's status page, DNS and the way out of your network. Messages wait and are tried again.",
  ],
  PROVIDER_RATE_LIMITED: [
    20429,
    "WARNING",
    "Lower `throughput` to what the carrier gives the sender, or ask it for more. Messages wait.",
  ],
  PROVIDER_AMBIGUOUS: [
    30410,
    "ERROR",
    "Check the provider: nobody knows whether these messages left. `onAmbiguous` says what becomes of them.",
  ],
  AMBIGUOUS_HAND_OVER: [
    30410,
    "WARNING",
    "A receipt settles it within 15 minutes, else the message fails. End processes with service.close().",
  ],

  // The store.
  STORE_UNAVAILABLE: [
    21702,
    "ERROR",
    "Bring the store back: until then sends are refused and messages wait.",
  ],
  STORE_RECOVERED: [null, "WARNING", "Nothing to do: what waited goes on."],
  STORE_NOT_DURABLE: [
    null,
    "WARNING",
    "Use Redis, lmdb or a lasting Keyv backend: opt-outs end with the process.",
  ],
  STORE_FINDING: [null, "WARNING", "Follow the message: the store itself says what is wrong with it."],
  REDIS_EVICTION: [null, "WARNING", "Set Redis's maxmemory-policy to noeviction."],
  REDIS_PERSISTENCE: [null, "WARNING", "Set Redis's appendonly to yes."],
  REDIS_VERSION: [null, "WARNING", "Use Redis 7 or later."],
  REDIS_CLUSTER: [null, "WARNING", "Put the Keyv's namespace in braces, so that all keys share a slot."],
  KEYV_ADAPTER_SHARED: [null, "WARNING", "Give each Keyv an adapter of its own."],
  KEYV_SANITIZES_KEYS: [null, "WARNING", "Leave Keyv's sanitize off."],
  CONFIG_UNUSABLE: [
    null,
    "ERROR",
    "Write the settings anew with service.update(), or run the version of this library that wrote them.",
  ],
} as const;
