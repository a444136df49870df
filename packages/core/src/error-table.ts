/**
 * Every code this library raises: HTTP status of an answer that carries it, Twilio's number, the remedy. Numbers are Twilio's where Twilio has one.
 *
 * @see https://www.twilio.com/docs/api/errors
 */
export const ERROR_TABLE = {
  // Set-up: thrown at construction.
  INVALID_OPTION: [500, null, "Correct the named option; the message says what it takes."],
  UNKNOWN_OPTION: [500, null, "Remove or rename the option; the nearest known name is in the message."],
  INVALID_SENDER: [
    400,
    21212,
    "Give a phone number in E.164, a short code with its country, or a sender ID of at most 11 characters with a letter.",
  ],
  DUPLICATE_SENDER: [409, 21710, "Remove the second mention: a sender is in a pool once."],
  SENDER_NOT_FOUND: [404, 21711, "Name a sender of this pool; service.senders.list() shows them."],
  SENDER_POOL_FULL: [409, 21714, "Raise the poolLimit option or remove a sender."],
  PROVIDER_NOT_FOUND: [
    500,
    null,
    "Give the service a provider of that name, or correct the sender's `provider`.",
  ],
  SERVICE_CLOSED: [503, null, "Create a new service: this one was closed."],
  SERVICE_DELETED: [404, 21701, "The service was deleted before the message left: send it through another."],

  // Sends: refused before anything is stored.
  INVALID_RECIPIENT: [
    400,
    21211,
    "Give `to` in E.164 (+14155550123), or set defaultCountry for national numbers.",
  ],
  SAME_RECIPIENT: [400, 21211, "`to` and the sender are the same number: send to someone else."],
  CHANNEL_MISMATCH: [
    400,
    21910,
    "Use a sender of the same channel as `to` (whatsapp: to whatsapp:, rcs: to rcs:).",
  ],
  MISSING_CONTENT: [400, 21619, "Give a body, a mediaUrl or a contentSid."],
  BODY_TOO_LONG: [400, 21617, "Shorten the body to 1,600 characters or send it in parts."],
  INVALID_MEDIA_URL: [
    400,
    21620,
    "Give absolute http(s) URLs in mediaUrl, without a user name and a password: carriers fetch them as anybody would.",
  ],
  MEDIA_UNREACHABLE: [
    400,
    21620,
    "Make the media's URL answer 2xx to anybody on the Internet; private hosts are allowed by allowPrivateHosts.",
  ],
  MEDIA_TYPE_NOT_ACCEPTED: [
    400,
    12300,
    "Serve the media with the Content-Type of what it is, one that MMS carries (docs/content.md).",
  ],
  CHANNEL_MEDIA_NOT_ACCEPTED: [
    400,
    63021,
    "Serve the media with the Content-Type of what it is, one that the channel carries (docs/content.md).",
  ],
  MEDIA_TOO_LARGE: [400, 11751, "Make the media smaller; docs/content.md has the limit of each channel."],
  TOO_MANY_MEDIA: [400, 21623, "Attach at most 10 media URLs."],
  INVALID_STATUS_CALLBACK: [400, 21609, "Give an absolute http(s) URL of at most 4,000 characters."],
  INVALID_VALIDITY_PERIOD: [400, 90007, "Give whole seconds from 1 to 36,000."],
  INVALID_CONTENT_SID: [400, 21655, "Give a content SID: HX and 32 hexadecimal digits."],
  INVALID_CONTENT_VARIABLES: [
    400,
    21656,
    "Give contentVariables as an object of strings (or its JSON), with a contentSid.",
  ],
  CONTENT_SID_MISSING: [400, 21654, "contentVariables need a contentSid."],
  SENDER_NOT_IN_POOL: [
    400,
    21606,
    "Send from a sender of this pool, or leave `from` out to have one chosen.",
  ],
  SENDER_CANNOT_REACH: [
    400,
    21612,
    "Send from a sender that reaches this recipient and content, or leave `from` out.",
  ],
  SENDER_WITHOUT_MMS: [
    400,
    21621,
    "Send media from a sender with MMS, or leave `from` out: the service then picks one that can, or sends a link.",
  ],
  INVALID_FALLBACK_FROM: [400, 21665, "Give an SMS or MMS sender in fallbackFrom."],
  FALLBACK_WITH_FROM: [400, 21664, "Use fallbackFrom or from, not both."],
  FALLBACK_WITHOUT_RCS: [400, 21667, "fallbackFrom needs an RCS sender in the pool."],
  OPTED_OUT: [
    400,
    21610,
    "The recipient opted out. They can text START; consent.set records an opt-in that you can prove.",
  ],
  NO_SENDER: [
    400,
    21703,
    "Add a sender that reaches this recipient; the reasons say why each rule left none.",
  ],
  EMPTY_POOL: [400, 21704, "Add at least one sender to the pool."],
  OUTSIDE_WINDOW: [400, 63016, "Outside WhatsApp's 24-hour window only a template goes: give contentSid."],
  QUEUE_FULL: [429, 21611, "This sender's queue is full: send later or from another sender."],
  BACKLOG_FULL: [429, 20429, "The service's backlog is full: send later, or raise maxBacklog."],
  STORE_UNAVAILABLE: [
    503,
    21702,
    "The store did not answer, so nothing was sent. Try again when it is back.",
  ],
  STORE_FULL: [
    503,
    21702,
    "The memory store is full of records it may not drop: raise maxEntries, or use Redis or lmdb.",
  ],
  IDEMPOTENCY_CONFLICT: [409, 20409, "This idempotencyKey was used for another message: use a new key."],
  UNKNOWN_REQUEST_OPTION: [
    400,
    null,
    "Remove or rename the field; the nearest known name is in the message.",
  ],

  // Scheduling and the life of a message.
  SCHEDULE_TOO_SOON: [400, 35114, "Give a sendAt at least 5 minutes ahead."],
  SCHEDULE_TOO_LATE: [400, 35117, "Give a sendAt at most 35 days ahead."],
  INVALID_SEND_AT: [400, 35114, "Give sendAt as a Date or an ISO 8601 time with its zone."],
  NOT_CANCELABLE: [409, 30409, "Only a scheduled message can be canceled, and only before it is due."],
  MESSAGE_NOT_FOUND: [404, 20404, "No message of this service has that SID (or its retention has passed)."],
  UNKNOWN_PROVIDER: [
    404,
    20404,
    "The webhook's URL names a provider that this service has not: end it with /inbound, or /inbound/ and a provider's name.",
  ],
  MESSAGE_UNFINISHED: [409, 20009, "Wait until the message is final before redacting or removing it."],
  INVALID_CURSOR: [400, 21481, "Pass a cursor exactly as an earlier page gave it."],

  // Delivery: the errorCode of a failed message.
  VALIDITY_EXPIRED: [
    400,
    30036,
    "The message waited longer than its validity period: raise it, or add senders.",
  ],
  QUEUE_OVERFLOW: [
    429,
    30001,
    "The sender's queue held more than 10 hours of its rate: add senders or slow down.",
  ],
  AMBIGUOUS: [502, 30410, "It is unknown whether the provider took the message; it was not sent again."],
  PROVIDER_REFUSED: [
    502,
    30008,
    "The provider refused the message; its own code and words are on the record.",
  ],
  PROVIDER_UNAVAILABLE: [503, 30500, "The provider could not be reached within the validity period."],

  // Webhooks.
  MISSING_SIGNATURE: [400, null, "The request carries no signature header."],
  INVALID_SIGNATURE: [
    403,
    null,
    "The signature does not match: check the auth token and publicUrl (scheme, host, port, path, query).",
  ],
  BODY_CONSUMED: [
    400,
    null,
    "A body parser ate the bytes that the signature covers: mount messagingService before it, or give the parser a `verify` that keeps req.rawBody.",
  ],
  MALFORMED_REQUEST: [400, null, "The body is not what its content type says."],
  BODY_TOO_LARGE: [413, null, "The body is larger than maxBodyBytes."],
  REQUEST_TIMEOUT: [408, null, "The body did not arrive in time."],
  METHOD_NOT_ALLOWED: [405, 20004, "Use GET or POST."],
  TOO_MANY_REPLIES: [
    429,
    14107,
    "More than 15 replies between two addresses within 30 seconds: a loop was cut.",
  ],
  WEBHOOK_FAILED: [
    502,
    11200,
    "The webhook did not answer as it should; the alert names the URL and the reason.",
  ],
  WEBHOOK_BLOCKED: [
    502,
    11210,
    "The webhook's address is private or reserved; allow it by option if it is yours.",
  ],
  INVALID_TWIML: [502, 12100, "The webhook's answer is not TwiML."],

  HANDLED_ELSEWHERE: [503, null, "The first delivery of this message is still being handled; come again."],

  // Conversations.
  CONVERSATION_NOT_FOUND: [
    404,
    20404,
    "No conversation of this service has that SID (or it was closed longer ago than the retention).",
  ],
  CONVERSATION_CLOSED: [
    409,
    null,
    "A closed conversation stays closed: the person's next message begins a new one, or use service.send.",
  ],
  INVALID_CONVERSATION: [
    400,
    null,
    "Give state as active, inactive or closed, friendlyName in at most 256 characters, attributes as a JSON object of at most 4,096.",
  ],
  CONVERSATION_REFUSED: [403, null, "The message was refused by onConversationAdd, which may throw this."],
  GROUP_MMS_UNSUPPORTED: [
    400,
    null,
    'A conversation is between one person and one sender: handle group MMS with inboundHandling "webhook", and send to each person by itself.',
  ],

  // Opt-out configuration and the consent ledger.
  INVALID_KEYWORD: [
    500,
    null,
    "Correct the keyword pack; the message names the word, the country and the language.",
  ],
  INVALID_CONSENT: [400, 30646, "Give an address, a status of opted-in or opted-out, and a known source."],
} as const;
