import {
  type Message,
  type MessagingError,
  PLAN_REASONS,
  type PlanReason,
  type PlanStep,
  type Sender,
  segment,
} from "@messaging-service/core";
import type { Delivered } from "./deliver.ts";

/** Columns of a line that is wrapped, and those left free before it. */
const WIDTH = 110;
const INDENT = 6;

/** Heads the columns of {@link formatDelivered}. */
export const COLUMNS: string = columns("", "who", "to", "from", "as", "status");

/**
 * A message as lines: who, by which sender, as what, its status; the text that left; then how each rule narrowed the
 * senders down. `written` is the text as it was given, before Smart Encoding.
 */
export function formatDelivered({ message, country = "" }: Delivered, written: string, name = ""): string[] {
  const { to, from, explanation } = message;
  return [
    columns(country, name, to, from ?? "", formOf(message), statusOf(message)),
    ...wrap(`"${message.body}"`, INDENT),
    ...encodingNote(message, written),
    ...(explanation?.steps ?? []).filter(isTelling).flatMap(stepLines),
    ...(explanation?.alerts ?? []).flatMap((alert) => wrap(`! ${alert.message}`, INDENT)),
  ];
}

/** A text and its answer: who wrote to which sender, and what came back in which status. */
export function formatExchange(
  name: string,
  to: string,
  body: string,
  answer: { readonly body: string; readonly status: string },
): string[] {
  return [
    ...beside(`  ${name.padEnd(6)}→ ${to}`, `"${body}"`, 33),
    ...beside(`  ${" ".repeat(6)}← ${answer.status}`, `"${answer.body}"`, 33),
  ];
}

/** A refusal as lines: what is wrong, and what helps. */
export function formatRefusal({ code, twilioCode, message, help }: MessagingError): string[] {
  const number = twilioCode === null ? "" : ` ${twilioCode}`;
  return beside("", `${code}${number}: ${message.slice(0, -help.length).trim()} ${help}`, 33);
}

/** A sender as a line. */
export function formatSender({ id, type, country, areaCode, capabilities }: Sender): string {
  const place = [country, areaCode].filter((part) => part !== undefined).join(" ");
  return `  ${id.padEnd(23)}  ${type.padEnd(13)}  ${place.padEnd(7)}  ${capabilities.join(" ")}`.trimEnd();
}

/** The status, with the number of what went wrong. */
export function statusOf({ status, errorCode }: Message): string {
  return errorCode === null ? status : `${status} ${errorCode}`;
}

/** Breaks a text into lines of at most 110 columns, indented by that many spaces. */
export function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => " ".repeat(indent) + each);
}

/** A text to the right of a head; its further lines stand below its first. */
function beside(head: string, text: string, column: number): string[] {
  const [first = "", ...more] = wrap(text, column);
  return [head.padEnd(column) + first.trimStart(), ...more];
}

function columns(
  country: string,
  name: string,
  to: string,
  from: string,
  form: string,
  status: string,
): string {
  const cells = [country.padEnd(2), name.padEnd(6), to.padEnd(23), from.padEnd(21), form.padEnd(18), status];
  return `  ${cells.join("  ")}`;
}

/** `GSM-7, 2 segments`, or the kind of what has no segments. */
function formOf({ encoding, kind, numSegments }: Message): string {
  return encoding === null ? kind : inSegments(encoding, numSegments);
}

function inSegments(encoding: string, count: number): string {
  return `${encoding}, ${count} segment${count === 1 ? "" : "s"}`;
}

/** The steps that set senders aside, or changed what the message leaves as. Of other channels only where it settles it. */
function isTelling({ rule, reason, before, after }: PlanStep): boolean {
  if (rule === "channel") return after === 1;
  return rule === "content" ? /MMS|LINK/.test(reason) : after < before;
}

function stepLines({ rule, reason, before, after }: PlanStep): string[] {
  const left = before === after ? `${after}` : `${before} → ${after}`;
  const head = `${" ".repeat(INDENT)}${left.padEnd(5)}  ${rule.padEnd(18)}  `;
  return beside(head, PLAN_REASONS[reason as PlanReason], head.length);
}

/** What Smart Encoding saved, or which characters cost. */
function encodingNote({ encoding, body }: Message, written: string): string[] {
  if (encoding === null) return [];
  const plain = segment(written, { smartEncoding: false });
  const { forcedBy } = encoding === "UCS-2" ? segment(body, { smartEncoding: false }) : plain;
  if (forcedBy.length === 0) return [];
  const note =
    encoding === "UCS-2"
      ? `${forcedBy.join(" ")} made it UCS-2, which has 70 characters to a segment, not 160.`
      : `Smart Encoding replaced ${forcedBy.join(" ")}: else ${inSegments("UCS-2", plain.numSegments)}.`;
  return wrap(note, INDENT);
}
