/** How the carrier itself treats STOP, START and HELP; see {@link CarrierOptions.optOutHandling}. */
export type CarrierOptOutHandling = "none" | "default" | "advanced";

/** Twilio's default keywords. */
const KEYWORDS: Readonly<Record<OptOutWord, readonly string[]>> = {
  STOP: ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"],
  START: ["START", "UNSTOP", "YES"],
  HELP: ["HELP", "INFO"],
};
const REPLIES: Readonly<Record<OptOutWord, string>> = {
  STOP: "You are unsubscribed and will receive no more messages from this number. Reply START to resubscribe.",
  START: "You are subscribed again to messages from this number. Reply HELP for help, STOP to unsubscribe.",
  HELP: "Reply STOP to unsubscribe. Message and data rates may apply.",
};

/** What a keyword asks for. */
export type OptOutWord = "STOP" | "START" | "HELP";

/** The carrier's block list. `scope` is a sender, or the Messaging Service it belongs to. */
export interface BlockList {
  isBlocked(scope: string, recipient: string): boolean;
  /** Applies a keyword and answers with the carrier's reply, or `undefined` for none. */
  apply(word: OptOutWord, scope: string, recipient: string): string | undefined;
}

/** The keyword that a text is, if it is one: the whole text, whatever its case. */
export function keywordOf(body: string): OptOutWord | undefined {
  const text = body.trim().toUpperCase();
  return (["STOP", "START", "HELP"] as const).find((word) => KEYWORDS[word].includes(text));
}

/** An empty block list. HELP is not answered to who is blocked; START is answered to who was. */
export function createBlockList(): BlockList {
  const blocked = new Set<string>();
  const keyOf = (scope: string, recipient: string): string => `${scope} ${recipient}`;
  return Object.freeze({
    isBlocked: (scope: string, recipient: string) => blocked.has(keyOf(scope, recipient)),
    apply(word: OptOutWord, scope: string, recipient: string): string | undefined {
      const key = keyOf(scope, recipient);
      const was = blocked.has(key);
      if (word === "STOP") blocked.add(key);
      if (word === "START") blocked.delete(key);
      const answered = word === "STOP" || (word === "START" ? was : !was);
      return answered ? REPLIES[word] : undefined;
    },
  });
}
