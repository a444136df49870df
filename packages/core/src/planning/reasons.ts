/**
 * Every reason a step of a plan may give, and what it says. `before` and `after` of the step count the senders that
 * were left; the ones set aside are those the sentence speaks of. Closed: no plan has a reason that is not here.
 */
export const PLAN_REASONS = {
  FROM_GIVEN: "`from` names the sender, so none was chosen.",
  FROM_NOT_IN_POOL: "`from` names a sender that is not in this pool.",
  FROM_OTHER_CHANNEL: "`from` is a sender of another channel than the recipient's.",
  FROM_WITHOUT_MMS:
    "`from` names a sender without MMS, and the MMS converter is for recipients who cannot receive it.",
  FALLBACK_FROM_GIVEN: "`fallbackFrom` names the sender for recipients that RCS does not reach.",

  CHANNEL_SMS: "A plain number is reached by SMS and MMS senders; senders of other channels were set aside.",
  CHANNEL_WHATSAPP: "A whatsapp: recipient is reached by WhatsApp senders only.",
  CHANNEL_RCS: "An rcs: recipient is reached by RCS senders only.",
  EXCLUDED:
    "Senders this message may not leave by were set aside: a provider refused them, or they are the recipient.",
  CANNOT_CARRY: "Senders without the capability for this message were set aside.",

  CONTENT_TEXT: "Text leaves as SMS.",
  CONTENT_MMS: "The recipient's country receives MMS and a sender can send it, so it leaves as MMS.",
  CONTENT_LINK: "It cannot leave as MMS; the MMS converter makes it an SMS with a link to the media.",
  CONTENT_MMS_AS_TEXT: "It cannot leave as MMS and has no media, so it leaves as SMS.",
  CONTENT_CHANNEL: "The channel carries text and media as they are.",
  CONTENT_NO_CONVERTER: "It cannot leave as MMS, and the MMS converter is off.",
  CONTENT_NO_MEDIA: "The recipient's country receives media neither as MMS nor as a link.",
  CONTENT_OUTSIDE_WINDOW:
    "WhatsApp's 24-hour window is closed, and only a template (contentSid) goes outside it.",

  STICKY_USED: "The recipient's sticky mapping names this sender.",
  STICKY_REMOVED: "The mapped sender left the pool, so the mapping was dropped.",
  STICKY_CANNOT_SERVE:
    "The mapped sender cannot carry this message or reach this recipient, so the mapping was dropped.",
  STICKY_EXCLUDED: "This message may not leave by the mapped sender, so the mapping was dropped.",
  STICKY_FOREIGN:
    "The pool has a number or short code of the recipient's country and the mapped sender is of another.",

  RCS_FIRST: "The recipient can be reached by RCS, which comes before SMS and MMS.",
  RCS_NOT_CAPABLE: "The recipient cannot be reached by RCS.",
  RCS_UNKNOWN: "It is not known that the recipient can be reached by RCS.",

  SHORT_CODE_OTHER_COUNTRY:
    "Short codes reach their own country only; those of other countries were set aside.",
  SHORT_CODE_CARRIER: "Short codes that do not reach the recipient's carrier were set aside.",
  SENDER_ID_OTHER_COUNTRY: "Sender IDs kept for other countries were set aside.",
  SENDER_ID_NOT_ACCEPTED: "The recipient's country does not accept sender IDs, or it is not known to.",
  SENDER_ID_BEHIND_SHORT_CODE:
    "The pool has a short code of the recipient's country, which goes before sender IDs.",
  TOLL_FREE_ABROAD: "Toll-free numbers reach only +1 numbers.",
  TYPE_SHORT_CODE: "A short code of the recipient's country comes first.",
  TYPE_SENDER_ID_OF_COUNTRY: "A sender ID kept for the recipient's country comes before the others.",
  TYPE_SENDER_ID: "The recipient's country accepts sender IDs, which come before numbers.",
  TYPE_TOLL_FREE: "For Canada, toll-free numbers come before long codes.",
  TYPE_NUMBER: "No short code and no sender ID serves this recipient, so a number does.",

  COUNTRY_SAME: "Numbers of the recipient's country come first.",
  COUNTRY_US: "The pool has no number of the recipient's country, so a US number is next.",
  COUNTRY_CANADA: "The pool has no US number; for a US recipient a Canadian one is next.",
  COUNTRY_ANY:
    "The pool has no number of the recipient's country and no US number, so any other number is used.",
  COUNTRY_ELSEWHERE: "The pool has no WhatsApp sender of the recipient's country, so any other is used.",
  AREA_CODE_SAME: "Numbers with the recipient's area code come first.",
  AREA_CODE_OVERLAY: "No number has the recipient's area code; numbers with one that overlays it come next.",
  AREA_CODE_NONE: "No number has the recipient's area code or one that overlays it.",

  SCALER_ONLY: "One sender was left.",
  SCALER_MAPPINGS: "Of the senders left, idle ones come first, then the one with the fewest sticky mappings.",
  SCALER_LAST_USED: "Of the senders left, idle ones come first, then the one not used for longest.",
  SCALER_HASH: "Several senders were equally good; a hash of the recipient chose among them.",
} as const;

/** A key of {@link PLAN_REASONS}. */
export type PlanReason = keyof typeof PLAN_REASONS;

/** Alerts of a plan, and what they say. An alert stops nothing. */
export const PLAN_ALERTS = {
  PREREGISTRATION:
    "The recipient's country wants sender IDs registered beforehand. Register this one and set `registered`, or messages may be blocked (30018).",
  SENDER_ID_OVERWRITTEN:
    "The recipient's country accepts sender IDs but shows another sender on the handset.",
  MULTIPLE_TOLL_FREE: "The pool has more than one toll-free number, which can get them blocked. Keep one.",
  FOREIGN_SENDER:
    "US and Canadian networks often refuse numbers of other countries (21703). Add a US or Canadian number.",
} as const;
