import { call } from "./api.js";
import { messageItem, statusOf } from "./render.js";

const byId = (id) => document.getElementById(id);
const [log, list, older] = [byId("log"), byId("messages"), byId("older")];
const [body, refusal, send] = [byId("body"), byId("refusal"), byId("send")];

/** Replies begun, by conversation: the text, and the key under which it is sent once however often one tries. */
const drafts = new Map();
/** @type {any} the row of the conversation shown */
let row;
let cursor = null;

/** The SID of the conversation shown. */
export const shownSid = () => row?.sid;

/** Shows a conversation, from its newest messages. */
export async function showThread(next) {
  keepDraft();
  row = next;
  cursor = null;
  list.replaceChildren();
  older.hidden = true;
  body.value = drafts.get(row.sid)?.text ?? "";
  updateThread(row);
  byId("thread").hidden = false;
  byId("nothing").hidden = true;
  byId("title").focus();
  await loadNewest();
}

export function hideThread() {
  keepDraft();
  row = undefined;
  list.replaceChildren();
  body.value = "";
  byId("thread").hidden = true;
  byId("nothing").hidden = false;
}

/** Leaves nothing for whoever sits down next. */
export function forgetThread() {
  hideThread();
  drafts.clear();
}

/** Takes in what has changed about the conversation shown: its state, and whether its person may be texted. */
export function updateThread(next) {
  row = next;
  byId("title").textContent = row.name;
  byId("about").textContent = `${row.address} texts ${row.sender}`;
  byId("close").hidden = row.state === "closed";
  const reason = row.optedOut
    ? `${row.name} opted out (STOP). You can answer again when they text START.`
    : row.state === "closed"
      ? "This conversation is closed. Their next text opens a new one."
      : "";
  body.disabled = send.disabled = reason !== "";
  refusal.textContent = reason;
}

/** Reads the newest messages and puts in what is new. */
export async function loadNewest() {
  const { sid } = row;
  const page = await call("GET", `/api/conversations/${sid}/messages`);
  if (row?.sid !== sid) return;
  if (list.children.length === 0) setCursor(page.cursor);
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  for (const message of page.messages) put(message);
  if (atEnd) log.scrollTop = log.scrollHeight;
  const newest = page.messages[0]?.index;
  // Somebody looks at it: for the whole team it is read.
  if (row.unread && newest !== undefined && document.visibilityState === "visible")
    await call("POST", `/api/conversations/${sid}/read`, { index: newest });
}

async function loadOlder() {
  const { sid } = row;
  const page = await call("GET", `/api/conversations/${sid}/messages?cursor=${encodeURIComponent(cursor)}`);
  if (row?.sid !== sid) return;
  const height = log.scrollHeight;
  // What comes before is not news: a screen reader need not read it out.
  log.setAttribute("aria-busy", "true");
  for (const message of page.messages) put(message);
  log.removeAttribute("aria-busy");
  log.scrollTop += log.scrollHeight - height;
  setCursor(page.cursor);
}

/** A message of ours has got further. */
export function setStatus({ messageSid, status, reason }) {
  const item = list.querySelector(`[data-sid="${CSS.escape(messageSid)}"]`);
  item?.querySelector(".status")?.replaceWith(statusOf({ status, reason }));
}

/** In the place of its index, once. */
function put(message) {
  const item = messageItem(message);
  const items = [...list.children];
  const same = items.find((each) => each.dataset.index === item.dataset.index);
  if (same !== undefined) return same.replaceWith(item);
  list.insertBefore(item, items.find((each) => Number(each.dataset.index) > message.index) ?? null);
}

function setCursor(next) {
  cursor = next;
  older.hidden = cursor === null;
}

async function reply() {
  const { sid } = row;
  keepDraft();
  const draft = drafts.get(sid);
  if (draft === undefined || send.disabled) return;
  send.disabled = true;
  try {
    await call("POST", `/api/conversations/${sid}/messages`, { body: draft.text, key: draft.key });
    drafts.delete(sid);
    if (row?.sid !== sid) return;
    body.value = "";
    refusal.textContent = "";
    await loadNewest();
  } finally {
    send.disabled = body.disabled;
    if (!body.disabled) body.focus();
  }
}

function keepDraft() {
  if (row === undefined) return;
  const text = body.value.trim();
  if (text === "") drafts.delete(row.sid);
  else if (drafts.get(row.sid)?.text !== text) drafts.set(row.sid, { text, key: randomKey() });
}

/** crypto.randomUUID() is there on https alone. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** Connects the thread's buttons. `attempt` runs what may be refused. */
export function wireThread(attempt) {
  const say = (message) => {
    refusal.textContent = message;
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(reply, say);
  });
  body.addEventListener("keydown", (event) => {
    // While a word is being composed (Japanese, for one), Enter takes the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("composer").requestSubmit();
  });
  older.addEventListener("click", () => attempt(loadOlder, say));
  byId("close").addEventListener("click", () =>
    attempt(() => call("POST", `/api/conversations/${row.sid}/close`, {}), say),
  );
}
