import { call, listen } from "./api.js";
import { rowItem } from "./render.js";
import {
  forgetDrafts,
  hideThread,
  loadNewest,
  setStatus,
  shownSid,
  showThread,
  updateThread,
  wireThread,
} from "./thread.js";

const byId = (id) => document.getElementById(id);
/** Rows by SID. */
const rows = new Map();
let cursor = null;
let stopListening = () => {};

/** Runs what the server may refuse; a session that is over leads to the sign-in. */
async function attempt(act, say = (message) => setConnection(message)) {
  try {
    await act();
  } catch (error) {
    if (error.status === 401) signedOut();
    else say(error.message);
  }
}

/** One after the other: what was read before an event came does not take the place of what the event says. */
let last = Promise.resolve();
function inOrder(act) {
  last = last.then(() => attempt(act));
}

async function start() {
  const { name } = await call("GET", "/api/session");
  byId("agent").textContent = name;
  byId("sign-in").hidden = true;
  byId("inbox").hidden = false;
  stopListening();
  stopListening = listen({
    onStart(resumed) {
      setConnection("");
      if (!resumed) inOrder(reload);
    },
    onEvent: (name, data) => inOrder(() => onEvent(name, data)),
    onLost: () => setConnection("Connecting again …"),
    onRefused() {
      setConnection("Connecting again …");
      setTimeout(() => attempt(start), 3_000);
    },
  });
}

/** Nothing of the inbox stays on the screen. Replies begun are there again for whoever signs in. */
function signedOut() {
  stopListening();
  hideThread();
  rows.clear();
  cursor = null;
  draw();
  byId("news").textContent = "";
  byId("inbox").hidden = true;
  byId("sign-in").hidden = false;
  byId("name").focus();
}

/** Everything from the start: at the beginning, and when events may have been missed. */
async function reload() {
  const page = await call("GET", "/api/conversations");
  rows.clear();
  takePage(page);
  const sid = shownSid();
  if (sid === undefined) return follow();
  take(rows.get(sid) ?? (await call("GET", `/api/conversations/${sid}`)));
  await loadNewest();
}

async function loadMore() {
  takePage(await call("GET", `/api/conversations?cursor=${encodeURIComponent(cursor)}`));
}

function takePage(page) {
  for (const row of page.conversations) rows.set(row.sid, row);
  cursor = page.cursor;
  draw();
}

async function onEvent(name, data) {
  if (name === "status") setStatus(data);
  if (name === "consent")
    for (const { sid, address } of [...rows.values()])
      if (address === data.address) take(await call("GET", `/api/conversations/${sid}`));
  if (name === "conversation") {
    const before = rows.get(data.sid);
    take(data);
    if (data.unread && data.last?.index !== before?.last?.index)
      byId("news").textContent = `New text from ${data.name}.`;
    if (data.sid === shownSid()) attempt(loadNewest);
  }
}

function take(row) {
  rows.set(row.sid, row);
  if (row.sid === shownSid()) updateThread(row);
  draw();
}

/** The list, newest first, and how many are unread. */
function draw() {
  const sorted = [...rows.values()].sort((a, b) => (a.at < b.at ? 1 : -1));
  const list = byId("rows");
  const focused = document.activeElement?.closest("#rows a")?.getAttribute("href");
  list.replaceChildren(...sorted.map((row) => rowItem(row, row.sid === shownSid())));
  if (focused !== undefined) list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
  byId("empty").hidden = rows.size > 0;
  byId("more").hidden = cursor === null;
  const unread = sorted.filter((row) => row.unread).length;
  document.title = unread > 0 ? `(${unread}) Support inbox` : "Support inbox";
}

/** The address bar says which conversation is shown, so that the browser's way back works. */
async function follow() {
  const sid = location.hash.startsWith("#CH") ? location.hash.slice(1) : "";
  document.body.classList.toggle("reading", sid !== "");
  if (sid === "") hideThread();
  else if (sid !== shownSid()) {
    const row = rows.get(sid) ?? (await call("GET", `/api/conversations/${encodeURIComponent(sid)}`));
    if (location.hash !== `#${sid}`) return;
    rows.set(sid, row);
    await showThread(row);
  }
  draw();
}

function setConnection(message) {
  byId("connection").textContent = message;
}

byId("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const say = (message) => {
    byId("sign-in-refusal").textContent = message;
  };
  const { name, token } = Object.fromEntries(new FormData(event.target));
  call("POST", "/api/session", { name, token }).then(
    () => {
      event.target.reset();
      say("");
      return attempt(start, say);
    },
    (error) => say(error.message),
  );
});
byId("sign-out").addEventListener("click", () =>
  attempt(async () => {
    await call("DELETE", "/api/session");
    history.replaceState(null, "", "/");
    signedOut();
    forgetDrafts();
  }),
);
byId("more").addEventListener("click", () => attempt(loadMore));
addEventListener("hashchange", () => attempt(follow));
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && shownSid() !== undefined) attempt(loadNewest);
});
wireThread(attempt);
attempt(start);
