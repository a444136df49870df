import { normalizeKeyword } from "./normalize.ts";
import { STANDARD_WORDS } from "./standard.ts";
import { editDistance } from "./validate.ts";

/** A longer message is read up to here: a request to stop comes early. */
const MAX_LENGTH = 480;

const STOP_WORDS: ReadonlySet<string> = new Set([
  ...STANDARD_WORDS.filter((word) => word.optOutType === "STOP").map((word) => normalizeKeyword(word.word)),
  "stop all",
  "stop it",
  "stop this",
  "remove",
  "unsub",
]);

/** Courtesies around a keyword; what is left when they go must be the keyword and nothing else. */
const COURTESY =
  /\b(?:please|pls|plz|kindly|thank you|thanks|thx|ty|now|immediately|asap|just|ok|okay|hi|hello|hey|sir|madam|already|right|and|i said|wrong number|who is this|for the last time)\b/g;

const END = "(?=$| (?:please|pls|now|asap|thanks|thank you|immediately)\\b)";
const WHAT =
  "(?: all)?(?: of)?(?: the| these| those| your| my| any(?: more)?| more)? (?:texts|text messages|messages|sms)\\b";
const OURS = "(?:me|us|my|this|these|those|the|any|so|to)\\b";

/** Phrases that ask to be left alone, in canonical form; each needs the request and whom or what it is about. */
const PHRASES: readonly RegExp[] = [
  // English
  /\b(?:stop|quit|cease)(?: with)?(?: the| these| those| your)? spam\b/,
  new RegExp(`\\b(?:stop|quit|cease)(?: with| sending)?${WHAT}`),
  new RegExp(`\\b(?:do not|don't|dont|no longer) (?:want|wish)(?: to (?:receive|get))?${WHAT}`),
  new RegExp(
    `\\b(?:stop|quit|cease) (?:sending|texting|messaging|contacting|bothering|spamming|harassing)(?:${END}| ${OURS})(?! and (?:driv|walk))`,
  ),
  /\b(?:do not|don't|dont|never) (?:ever )?(?:text|message|contact|sms|send|write|bother)(?: to)? (?:me|us|this number|my (?:phone|number|cell)|anything|any more|anymore|again)\b/,
  /\bno more (?:texts?|messages?|sms|spam)\b/,
  /\b(?:un ?subscribe|unsub)\b/,
  /\bopt(?:ing)?(?: me| us)? out\b/,
  /\boptout\b/,
  /\b(?:remove|delete) (?:me|us|my (?:phone|number|cell)|this number)\b/,
  /\btake (?:me|us|my (?:phone|number|cell)|this number) off\b/,
  /\b(?:revoke|withdraw) (?:my |all )?consent\b/,
  /\bleave me alone\b/,
  // Spanish
  /\bno (?:me|nos) (?:envie[ns]?|envies|mande[ns]?|escriba[ns]?|escribas) mas\b/,
  /\bno (?:quiero|deseo) (?:recibir|mas)\b/,
  /\bno mas (?:mensajes|sms|textos)\b/,
  /\bdeje[ns]? de (?:enviar|mandar|escribir)/,
  /\b(?:darme de baja|deme de baja|denme de baja|dame de baja)\b/,
  // Portuguese
  /\bnao (?:quero|desejo) (?:mais )?receber\b/,
  /\bnao me (?:envie|mande)m? mais\b/,
  /\bpare[m]? de (?:me )?(?:enviar|mandar|enviarem)/,
  /\b(?:me (?:tire|remova)|tire-me|remova-me) d/,
  // French
  /\b(?:arretez|cessez) de m'(?:envoyer|ecrire|importuner)/,
  /\b(?:veux|souhaite) plus recevoir\b/,
  /\bplus de (?:sms|messages|textos)\b/,
  /\b(?:me desabonner|me desinscrire|desabonnez moi|desinscrivez moi)\b/,
  // German
  /\bkeine (?:weiteren )?(?:nachrichten|sms|werbung)(?: mehr)?\b/,
  /\b(?:bitte abmelden|abmelden bitte)\b/,
  /\b(?:mich|uns) (?:bitte )?(?:ab(?:zu)?melden|aus(?:zu)?tragen)\b/,
];

/**
 * Whether a message that is no keyword may still ask to be left alone: the words that suggest it, or undefined. "Stop. Thank
 * you", "please stop texting me" and "unsubscribe me" do; "we have got to stop this bill" and "STOP 12345" do not. US law
 * counts any words from which a reasonable person would understand a revocation (47 CFR 64.1200(a)(10)), so a person
 * should look at what this finds; it changes no consent. English, with the plainest phrases in Spanish, Portuguese, French and German.
 */
export function possibleOptOut(body: string): string | undefined {
  const text = body.slice(0, MAX_LENGTH);
  const clauses = text
    .split(/[.!?;:,\n\r…。！？؟]+/u)
    .map(normalizeKeyword)
    .filter((clause) => clause !== "");
  for (const clause of clauses) {
    if (isBareRequest(clause)) return clause;
    for (const phrase of PHRASES) {
      const found = phrase.exec(clause);
      if (found !== null) return found[0];
    }
  }
  const whole = clauses.length === 1 ? clauses[0] : undefined;
  return whole !== undefined && isMisspelled(whole) ? whole : undefined;
}

/** The clause is an opt-out word, perhaps repeated, with nothing but courtesy around it. */
function isBareRequest(clause: string): boolean {
  const rest = clause.replace(COURTESY, " ").trim().replace(/ +/g, " ");
  if (rest === "") return false;
  if (STOP_WORDS.has(rest)) return true;
  const words = rest.split(" ");
  return words.length > 1 && words.every((word) => word === words[0]) && STOP_WORDS.has(words[0] ?? "");
}

/** "stpo", "stooop", "unsubcribe": a keyword mistyped, but no other English word. */
function isMisspelled(word: string): boolean {
  if (!/^[a-z]+$/.test(word)) return false;
  if (word.length >= 9 && word.length <= 13) return editDistance(word, "unsubscribe") <= 2;
  if (word.replace(/(.)\1+/g, "$1") === "stop") return word !== "stoop";
  return ["stpo", "sotp", "tsop"].includes(word);
}
