import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { type Browser, type Page, startChromium } from "../../../test/support/chromium.ts";
import { SENDER, type Simulation, startSimulation } from "../src/simulated.ts";

const PHONE = "+14155550123";
const HOSTILE = `<img src=x onerror="document.title='owned'"><b>bold</b>`;

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** The app, and an agent's page in a browser of its own; the test fails for whatever the page complains of. */
async function open(width = 1_000): Promise<{ readonly page: Page; readonly simulation: Simulation }> {
  const simulation = await startSimulation({ port: 0, store: "memory" });
  const context = await browser.newContext({ viewport: { width, height: 700 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // Chromium's own words where there is no session, or where a test takes the network away.
    const isExpected = /status of 401|ERR_INTERNET_/.test(message.text());
    if (message.type() === "error" && !isExpected) complaints.push(message.text());
  });
  onTestFinished(async () => {
    await context.close();
    await simulation.close();
    expect(complaints).toEqual([]);
  });
  await page.goto(simulation.url);
  await signIn(page, simulation);
  return { page, simulation };
}

async function signIn(page: Page, { agentToken }: Simulation): Promise<void> {
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("Access token").fill(agentToken);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation").waitFor();
}

it("shows a text as it comes, and the agent's answer arrives on the handset", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  await page.getByText("Nobody has texted yet.").waitFor();

  await phone.text(SENDER, "Is my order on its way?");
  const row = page.getByRole("link", { name: PHONE });
  await row.getByText("unread").waitFor();
  expect(await page.title()).toBe("(1) Support inbox");

  await row.click();
  await page.getByRole("log").getByText("Is my order on its way?").waitFor();
  await row.getByText("unread").waitFor({ state: "detached" });

  await page.getByLabel("Your reply").fill("It arrives on Monday.");
  await page.keyboard.press("Enter");
  expect(await phone.waitFor(1)).toMatchObject({ from: SENDER, body: "It arrives on Monday." });
  await page.getByRole("log").getByText("delivered").waitFor();
  expect(await page.getByLabel("Your reply").inputValue()).toBe("");

  // In the open conversation, live.
  await phone.text(SENDER, "Thank you!");
  await page.getByRole("log").getByText("Thank you!").waitFor();
});

it("lets an agent answer nobody who opted out, and says why", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  await phone.text(SENDER, "hello");
  await page.getByRole("link", { name: PHONE }).click();
  const composer = page.getByLabel("Your reply");
  await composer.fill("How can we help?");

  await phone.text(SENDER, "STOP");
  await page.getByText("opted out (STOP)").waitFor();
  expect(await composer.isDisabled()).toBe(true);
  expect(await page.getByRole("button", { name: "Send", exact: true }).isDisabled()).toBe(true);
  expect(await composer.getAttribute("aria-describedby")).toContain("refusal");

  await simulation.service.consent.set(PHONE, { status: "opted-in", source: "operator", force: true });
  await page.getByText("opted out (STOP)").waitFor({ state: "detached" });
  // What was begun is still there.
  expect(await composer.inputValue()).toBe("How can we help?");
  expect(await composer.isDisabled()).toBe(false);
});

it("shows markup as the text it is", async () => {
  const { page, simulation } = await open();
  await simulation.carrier.handset(PHONE).text(SENDER, HOSTILE);
  await page.getByRole("link", { name: PHONE }).click();
  expect(await page.getByRole("log").locator(".body").textContent()).toBe(HOSTILE);
  expect(await page.locator(".preview").textContent()).toBe(HOSTILE);
  expect(await page.locator("main img, nav img, main b, nav b").count()).toBe(0);
  expect(await page.title()).not.toBe("owned");
});

it("is worked by the keyboard alone, on a phone's width, and finds the way back", async () => {
  const { page, simulation } = await open(360);
  await simulation.carrier.handset(PHONE).text(SENDER, "hello");
  const row = page.getByRole("link", { name: PHONE });
  await row.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: PHONE }).waitFor();
  expect(await page.getByRole("navigation").isVisible()).toBe(false);
  expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
  await page.goBack();
  await page.getByRole("navigation").waitFor();
  expect(await page.getByRole("heading", { name: PHONE }).isVisible()).toBe(false);
});

it("reads older messages when asked, and closes a conversation", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  for (let n = 0; n < 55; n++) await phone.text(SENDER, `text ${n}`);
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByRole("log").getByText("text 54", { exact: true }).waitFor();
  expect(await page.getByRole("log").locator("li").count()).toBe(50);
  await page.getByRole("button", { name: "Older messages" }).click();
  await page.getByText("text 0", { exact: true }).waitFor();
  const bodies = await page.getByRole("log").locator(".body").allTextContents();
  expect(bodies).toEqual(Array.from({ length: 55 }, (_, n) => `text ${n}`));
  expect(await page.getByRole("button", { name: "Older messages" }).isVisible()).toBe(false);

  await page.getByRole("button", { name: "Close conversation" }).click();
  await page.getByText("This conversation is closed.").waitFor();
  expect(await page.getByLabel("Your reply").isDisabled()).toBe(true);
});

it("says when a reply failed, and why", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  await phone.text(SENDER, "hello");
  simulation.carrier.outcome({ match: { to: PHONE }, undelivered: 30003 });
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByLabel("Your reply").fill("Good morning");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByText("undelivered: the phone is off or out of reach (30003)").waitFor();
});

it("connects again by itself, shows what came meanwhile, and sends nothing twice", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  await phone.text(SENDER, "hello");
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByRole("log").getByText("hello").waitFor();
  await page.context().setOffline(true);
  await page.getByLabel("Your reply").fill("Good morning");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.locator("#refusal", { hasText: "The server cannot be reached: try again." }).waitFor();
  await phone.text(SENDER, "anybody there?");
  await page.context().setOffline(false);
  await page.getByRole("log").getByText("anybody there?").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  expect(await phone.waitFor(1)).toMatchObject({ body: "Good morning" });
  expect(phone.inbox).toHaveLength(1);
});

it("asks an agent whose session is over to sign in again, and keeps what they had begun", async () => {
  const { page, simulation } = await open();
  const phone = simulation.carrier.handset(PHONE);
  await phone.text(SENDER, "hello");
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByLabel("Your reply").fill("Good morning");
  await page.context().clearCookies();
  // A call that was under way may have told the page already: then the other button is there.
  const send = page.getByRole("button", { name: "Send", exact: true });
  await send.or(page.getByRole("button", { name: "Sign in" })).click();
  await signIn(page, simulation);
  await page.getByRole("log").getByText("hello").waitFor();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  expect(await phone.waitFor(1)).toMatchObject({ body: "Good morning" });
});

it("leaves no conversation on the screen after signing out", async () => {
  const { page, simulation } = await open();
  await simulation.carrier.handset(PHONE).text(SENDER, "hello");
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByRole("log").getByText("hello").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  expect(await page.getByText("hello").count()).toBe(0);
  expect(page.url()).toBe(`${simulation.url}/`);
});

it("has a handset to play the other side with", async () => {
  const { page, simulation } = await open();
  const handset = await page.context().newPage();
  await handset.goto(`${simulation.url}/handset`);
  await handset.getByLabel(/^Text to/).fill("Is anybody there?");
  await handset.keyboard.press("Enter");
  await handset.getByRole("log").getByText("Is anybody there?").waitFor();
  await page.getByRole("link", { name: PHONE }).click();
  await page.getByLabel("Your reply").fill("Here we are.");
  await page.keyboard.press("Enter");
  await handset.getByRole("log").getByText("Here we are.").waitFor();
});
