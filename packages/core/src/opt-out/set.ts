import { MessagingError } from "../errors.ts";
import { show } from "../option-checks.ts";
import type { OptOutType } from "../types.ts";
import type { KeywordEntry, KeywordLayer, ResolvedKeyword, ResolvedSet } from "./keywords.ts";
import { normalizeKeyword } from "./normalize.ts";
import { type Replies, type ReplySlots, renderReply } from "./replies.ts";
import { RESERVED_WORDS, type StandardWord } from "./standard.ts";
import { checkObject, checkOneOf, checkReply, MAX_KEYWORD_LENGTH } from "./validate.ts";

/** What a set starts from: its place, its words and its replies before the configured layer. */
export interface SetBase {
  readonly language: string;
  readonly country: string | undefined;
  readonly answerNonSubscribers: boolean;
  readonly homeCountries: readonly string[];
  readonly words: readonly (StandardWord & { readonly reply?: string | undefined })[];
  readonly replies: Replies;
}

interface Word {
  readonly word: string;
  readonly optOutType: OptOutType;
  readonly onlyWhenOptedOut: boolean;
  readonly reply: string | undefined;
}

const TYPES = ["stop", "start", "help"] as const;
const TYPE_NAMES = { stop: "STOP", start: "START", help: "HELP" } as const;

/** Names a set in an error: "in country CA, language fr". */
export function nameSet(set: { readonly country: string | undefined; readonly language: string }): string {
  const place = set.country === undefined ? "in every country" : `in country ${set.country}`;
  return `${place}, language ${set.language}`;
}

/** One frozen set: the base's words, minus the layer's removals, plus its additions, each with its rendered reply. */
export function buildSet(base: SetBase, layer: KeywordLayer, slots: ReplySlots): ResolvedSet {
  const place = nameSet(base);
  const words = new Map<string, Word>();
  for (const word of base.words) words.set(normalizeKeyword(word.word), { ...word, reply: word.reply });
  removeWords(words, layer.remove, place);
  addWords(words, layer, place);
  if (words.size === 0) throw new MessagingError("INVALID_KEYWORD", `The set ${place} has no keyword.`);

  const rendered: Record<OptOutType, string> = {
    STOP: renderChecked(base.replies.stop, slots, `for STOP ${place}`),
    START: renderChecked(base.replies.start, slots, `for START ${place}`),
    HELP: renderChecked(base.replies.help, slots, `for HELP ${place}`),
  };
  const resolved: ResolvedKeyword[] = [];
  for (const [key, { word, optOutType, onlyWhenOptedOut, reply }] of words) {
    const text =
      reply === undefined ? rendered[optOutType] : renderChecked(reply, slots, `to "${word}" ${place}`);
    resolved.push(Object.freeze({ word, key, optOutType, onlyWhenOptedOut, reply: text }));
  }
  return Object.freeze({
    language: base.language,
    country: base.country,
    answerNonSubscribers: base.answerNonSubscribers,
    homeCountries: Object.freeze([...base.homeCountries]),
    words: Object.freeze(resolved),
  });
}

function removeWords(words: Map<string, Word>, removals: readonly string[] | undefined, place: string): void {
  for (const word of checkedList(removals, "remove", place)) {
    const key = checkedKey(word, place);
    if (RESERVED_WORDS.has(key)) {
      throw new MessagingError("INVALID_KEYWORD", `"${word}" is reserved and cannot be removed ${place}.`);
    }
    if (!words.delete(key)) {
      throw new MessagingError("INVALID_KEYWORD", `"${word}" cannot be removed ${place}: it is not there.`);
    }
  }
}

function addWords(words: Map<string, Word>, layer: KeywordLayer, place: string): void {
  const added = new Map<string, OptOutType>();
  for (const name of TYPES) {
    const optOutType = TYPE_NAMES[name];
    for (const entry of checkedList(layer[name], name, place)) {
      const word = toWord(entry, optOutType, place);
      const key = checkedKey(word.word, place);
      refuseClash(word.word, key, optOutType, added, words, place);
      added.set(key, optOutType);
      words.set(key, word);
    }
  }
}

function refuseClash(
  word: string,
  key: string,
  type: OptOutType,
  added: ReadonlyMap<string, OptOutType>,
  words: ReadonlyMap<string, Word>,
  place: string,
): void {
  const reservedType = RESERVED_WORDS.get(key);
  if (reservedType !== undefined && reservedType !== type) {
    throw new MessagingError(
      "INVALID_KEYWORD",
      `"${word}" is reserved for ${reservedType} and cannot be a ${type} keyword ${place}.`,
    );
  }
  const earlier = added.get(key);
  if (earlier === type) {
    throw new MessagingError("INVALID_KEYWORD", `"${word}" is there twice, as ${type} ${place}.`);
  }
  const other = earlier ?? words.get(key)?.optOutType;
  if (other === undefined || other === type) return;
  const way = earlier === undefined ? " (remove it there first to give it another meaning)" : "";
  throw new MessagingError(
    "INVALID_KEYWORD",
    `"${word}" is both a ${other} and a ${type} keyword ${place}${way}.`,
  );
}

function toWord(entry: KeywordEntry, optOutType: OptOutType, place: string): Word {
  if (typeof entry !== "object" || entry === null) {
    return { word: entry, optOutType, onlyWhenOptedOut: false, reply: undefined };
  }
  checkObject(entry, ["word", "onlyWhenOptedOut", "reply"], `The keyword ${place}`);
  const { word, onlyWhenOptedOut, reply } = entry;
  checkOneOf(onlyWhenOptedOut, [true, false], `onlyWhenOptedOut of ${show(word)} ${place}`);
  if (onlyWhenOptedOut === true && optOutType !== "START") {
    throw new MessagingError(
      "INVALID_KEYWORD",
      `"${word}" is a ${optOutType} keyword ${place}: onlyWhenOptedOut is for START keywords.`,
    );
  }
  return { word, optOutType, onlyWhenOptedOut: onlyWhenOptedOut ?? false, reply };
}

/** The canonical form of a configured word, or the error that it cannot be one. */
function checkedKey(word: unknown, place: string): string {
  if (typeof word !== "string") {
    throw new MessagingError("INVALID_KEYWORD", `A keyword ${place} must be a text, not ${show(word)}.`);
  }
  const length = [...word.trim()].length;
  if (length > MAX_KEYWORD_LENGTH) {
    throw new MessagingError(
      "INVALID_KEYWORD",
      `${show(word)} ${place} has ${length} characters; at most ${MAX_KEYWORD_LENGTH} are allowed.`,
    );
  }
  const key = normalizeKeyword(word);
  if (key !== "") return key;
  throw new MessagingError(
    "INVALID_KEYWORD",
    `${show(word)} ${place} has no letter or digit, so no message could match it.`,
  );
}

function checkedList<T>(list: readonly T[] | undefined, name: string, place: string): readonly T[] {
  if (list === undefined || Array.isArray(list)) return list ?? [];
  throw new MessagingError("INVALID_KEYWORD", `"${name}" ${place} must be a list, not ${show(list)}.`);
}

function renderChecked(template: unknown, slots: ReplySlots, place: string): string {
  checkReply(template, place);
  const text = renderReply(template as string, slots);
  checkReply(text, place);
  return text;
}
