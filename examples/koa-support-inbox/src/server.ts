import { startReal } from "./real.ts";
import { readSettings } from "./settings.ts";
import { SENDER, startSimulation } from "./simulated.ts";
import { openStore } from "./store.ts";

/** A signal came: what breaks off from now on is no failure. */
let ending = false;

try {
  const settings = readSettings(process.env);
  const { port, agentToken = "", account } = settings;
  const { store, description } = openStore(settings);
  if (account === undefined) {
    const simulation = await startSimulation({ port, agentToken: settings.agentToken, store });
    endOnSignal(simulation);
    console.log(`Inbox    ${simulation.url}, sign in with the token ${simulation.agentToken}`);
    console.log(`Handset  ${simulation.url}/handset, or`);
    const text = JSON.stringify({ from: "+14155550123", body: "Is my order on its way?" });
    console.log(`         curl --json '${text}' ${simulation.url}/handset/texts`);
    console.log(`Carrier  simulated: no account, nothing leaves this machine; its number is ${SENDER}`);
  } else {
    const running = await startReal(account, { port, agentToken, store });
    endOnSignal(running);
    console.log(`Inbox    ${account.publicUrl} (port ${running.port}), sign in with AGENT_TOKEN`);
    console.log(`Webhook  ${account.publicUrl}/messaging/inbound: set it for your numbers`);
  }
  console.log(`State    ${description}`);
} catch (error) {
  if (!ending) fail(error);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

/** Lets what is under way finish, then exits. A second signal does not wait. */
function endOnSignal(running: { close(): Promise<void> }): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (ending) process.exit(130);
      ending = true;
      running.close().then(() => process.exit(0), fail);
    });
  }
}
