import { call } from "./api.js";
import { element } from "./render.js";

const byId = (id) => document.getElementById(id);
let shown = "";

async function refresh() {
  const from = byId("from").value.trim();
  const { sender, texts } = await call("GET", `/handset/texts?from=${encodeURIComponent(from)}`);
  byId("sender").textContent = sender;
  byId("refusal").textContent = "";
  const now = JSON.stringify(texts);
  if (now === shown) return;
  shown = now;
  byId("messages").replaceChildren(
    ...texts.map(({ body, mine }) =>
      element("li", { class: mine ? "ours" : "theirs" }, element("p", { class: "body" }, body)),
    ),
  );
  byId("log").scrollTop = byId("log").scrollHeight;
}

/** Runs what may be refused, and says why it was. */
async function attempt(act) {
  await act().catch((error) => {
    byId("refusal").textContent = error.message;
  });
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const body = byId("body").value;
    byId("body").value = "";
    await call("POST", "/handset/texts", { from: byId("from").value.trim(), body });
    await refresh();
  });
});
byId("from").addEventListener("change", () => attempt(refresh));
setInterval(() => attempt(refresh), 1_000);
attempt(refresh);
