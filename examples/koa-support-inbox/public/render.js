/**
 * An element. What a person wrote only ever becomes text: nothing here makes HTML of a string.
 *
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

const TICKS = {
  accepted: "◷",
  scheduled: "◷",
  queued: "◷",
  sending: "◷",
  sent: "✓",
  delivered: "✓✓",
  read: "✓✓",
  undelivered: "✕",
  failed: "✕",
  canceled: "✕",
};

/**
 * A conversation's line in the list. It is a link: the keyboard reaches it, and the browser's way back leads to the list.
 *
 * @param {any} row
 * @param {boolean} isOpen
 */
export function rowItem(row, isOpen) {
  const marks = [
    row.unread ? "unread" : "",
    row.optedOut ? "opted out" : "",
    row.state === "active" ? "" : row.state,
  ];
  const preview =
    row.last === undefined ? "" : `${row.last.mine ? `${row.last.author}: ` : ""}${row.last.text}`;
  const link = element(
    "a",
    {
      href: `#${row.sid}`,
      class: row.unread ? "row unread" : "row",
      ...(isOpen ? { "aria-current": "true" } : {}),
    },
    element("span", { class: "who" }, row.name),
    time(row.at),
    element("span", { class: "preview" }, preview),
    ...marks
      .filter(Boolean)
      .map((mark) => element("span", { class: `mark ${mark.replace(" ", "-")}` }, mark)),
  );
  return element("li", {}, link);
}

/**
 * A message, with where it has got to.
 *
 * @param {any} message
 */
export function messageItem(message) {
  const author = message.mine ? `${message.author}, ` : "";
  return element(
    "li",
    {
      class: message.mine ? "ours" : "theirs",
      "data-index": String(message.index),
      "data-sid": message.messageSid ?? "",
    },
    element("p", { class: "body" }, message.body),
    ...message.media.map(mediaLink),
    element("p", { class: "meta" }, author, time(message.at), ...(message.mine ? [statusOf(message)] : [])),
  );
}

/**
 * Ticks for the eye, words for everybody, and why it failed where it did.
 *
 * @param {{ status: string | null, reason: string | null }} message
 */
export function statusOf({ status, reason }) {
  const word = status ?? "";
  const tick = element("span", { "aria-hidden": "true" }, TICKS[word] ?? "");
  const text = reason === null ? ` ${word}` : ` ${word}: ${reason}`;
  return element("span", { class: `status ${word}` }, " · ", tick, text);
}

/** @param {{ url: string, contentType: string | null }} media */
function mediaLink({ url, contentType }) {
  const link = { href: url, target: "_blank", rel: "noopener noreferrer" };
  return element("p", {}, element("a", link, `Attachment (${contentType ?? "file"})`));
}

/** @param {string} iso */
function time(iso) {
  const at = new Date(iso);
  const isToday = at.toDateString() === new Date().toDateString();
  const text = isToday
    ? at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })
    : at.toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
  return element("time", { datetime: iso }, text);
}
