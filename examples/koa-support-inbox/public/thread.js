import { call } from "./api.js";
import { messageItem, statusOf } from "./render.js";

const byId = (id) => document.getElementById(id);
const [log, list, older] = [byId("log"), byId("messages"), byId("older")];
const [body, refusal, send] = [byId("body"), byId("refusal"), byId("send")];

/** Replies begun, by conversation: the text, and the key under which it is sent once however often one tries. */
const drafts = new Map();
/** What was told of messages, by their SID: a page of messages that was on its way meanwhile does not know it. */
const told = new Map();
/** @type {any} the row of the conversation shown */
let row;
let cursor = null;

/** The SID of the conversation shown. */
export const shownSid = () => row?.sid;

/** Shows a conversation, from its newest messages. */
export async function showThread(next) {
  keepDraft();
  row = next;
  clear();
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
  clear();
  body.value = "";
  byId("thread").hidden = true;
  byId("nothing").hidden = false;
}

function clear() {
  list.replaceChildren();
  told.clear();
  setCursor(null);
}

/** Leaves nothing for whoever sits down next. */
export const forgetDrafts = () => drafts.clear();

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
  const last = Number(list.lastElementChild?.dataset.index ?? -2);
  // More than a page has come since: what lies between is read from here, when somebody wants to.
  if (page.messages.at(-1)?.index > last + 1) {
    list.replaceChildren();
    setCursor(page.cursor);
  }
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  putAll(page.messages, list.children.length > 0);
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
  putAll(page.messages, false);
  log.scrollTop += log.scrollHeight - height;
  setCursor(page.cursor);
}

/** @param {boolean} areNews whether a screen reader reads them out */
function putAll(messages, areNews) {
  log.setAttribute("aria-live", areNews ? "polite" : "off");
  for (const message of messages) put({ ...message, ...told.get(message.messageSid) });
}

/** A message of ours has got further. */
export function setStatus({ messageSid, status, reason }) {
  told.set(messageSid, { status, reason });
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
    if (drafts.get(sid)?.key === draft.key) drafts.delete(sid);
    if (row?.sid !== sid) return;
    // What was written meanwhile stays.
    if (body.value.trim() === draft.text) body.value = "";
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
  /** Says beside the conversation what was refused there, unless another one is shown by then. */
  const attemptHere = (act) => {
    const sid = shownSid();
    attempt(act, (message) => {
      if (sid === shownSid()) refusal.textContent = message;
    });
  };
  byId("composer").addEventListener("submit", (event) => {
    event.preventDefault();
    attemptHere(reply);
  });
  body.addEventListener("keydown", (event) => {
    // While a word is being composed (Japanese, for one), Enter takes the word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("composer").requestSubmit();
  });
  older.addEventListener("click", () => attemptHere(loadOlder));
  byId("close").addEventListener("click", () =>
    attemptHere(() => call("POST", `/api/conversations/${row.sid}/close`, {})),
  );
}
