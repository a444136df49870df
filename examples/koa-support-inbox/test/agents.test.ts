import { type Clock, systemClock } from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";
import { PHONE, startWorld, TOKEN } from "./world.ts";

const SID = `CH${"0".repeat(32)}`;
const INSIDE = [
  ["get", "/api/session"],
  ["get", "/api/events"],
  ["get", "/api/conversations"],
  ["get", `/api/conversations/${SID}`],
  ["get", `/api/conversations/${SID}/messages`],
  ["post", `/api/conversations/${SID}/messages`],
  ["post", `/api/conversations/${SID}/read`],
  ["post", `/api/conversations/${SID}/close`],
] as const;

function cookieOf(response: supertest.Response): string {
  return String(response.headers["set-cookie"]);
}

describe("an agent", () => {
  it.each(INSIDE)("reaches nothing without a session: %s %s", async (method, path) => {
    const { url } = await startWorld();
    const { body } = await supertest(url)[method](path).expect(401);
    expect(body).toEqual({ message: "Sign in first." });
  });

  it("signs in with the token, and is known by name", async () => {
    const { signIn } = await startWorld();
    const agent = await signIn("Grace");
    const { body } = await agent.get("/api/session").expect(200);
    expect(body).toEqual({ name: "Grace" });
  });

  it.each(["", "a token", `${TOKEN} `, TOKEN.toUpperCase()])("is not let in with %j", async (token) => {
    const { url } = await startWorld();
    const response = await supertest(url).post("/api/session").send({ token, name: "Eve" });
    expect([400, 401]).toContain(response.status);
    expect(response.headers["set-cookie"]).toBeUndefined();
  });

  it("gets a cookie that scripts do not read and other sites do not send", async () => {
    const { url } = await startWorld();
    const signIn = supertest(url).post("/api/session").send({ token: TOKEN, name: "Ada" });
    const cookie = cookieOf(await signIn.expect(204)).toLowerCase();
    expect(cookie).toMatch(/^agent=/);
    for (const attribute of ["httponly", "samesite=strict", "path=/"]) expect(cookie).toContain(attribute);
    expect(cookie).not.toContain("secure");
  });

  it("gets one for https alone where the public URL is https, behind a proxy too", async () => {
    const { url } = await startWorld({ publicUrl: "https://inbox.example" });
    const signIn = supertest(url).post("/api/session").send({ token: TOKEN, name: "Ada" });
    const cookie = cookieOf(await signIn.expect(204)).toLowerCase();
    expect(cookie).toMatch(/^__host-agent=/);
    expect(cookie).toContain("; secure");
  });

  it("is nobody with a cookie that was made up, or changed", async () => {
    const { url } = await startWorld();
    const signIn = supertest(url).post("/api/session").send({ token: TOKEN, name: "Ada" });
    const [value = ""] = cookieOf(await signIn).split(";");
    const [payload = "", signature = ""] = value.replace("agent=", "").split(".");
    const forged = Buffer.from(JSON.stringify({ name: "Eve", until: 9e15 })).toString("base64url");
    const get = (cookie: string) => supertest(url).get("/api/session").set("Cookie", cookie);
    await get(`agent=${payload}.${signature}`).expect(200);
    for (const cookie of [`${forged}.${signature}`, payload, `${payload}.`, `.${signature}`, "."])
      await get(`agent=${cookie}`).expect(401);
  });

  it("is signed out after twelve hours, and when they say so", async () => {
    let ahead = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const { signIn } = await startWorld({ clock });
    const agent = await signIn();
    ahead = 12 * 3_600_000 - 60_000;
    await agent.get("/api/session").expect(200);
    await agent.delete("/api/session").expect(204);
    await agent.get("/api/session").expect(401);
    const late = await signIn();
    ahead += 12 * 3_600_000;
    await late.get("/api/session").expect(401);
  });

  it("is not one that a page of another site makes", async () => {
    const { text, signIn, service } = await startWorld();
    await text("hello");
    const agent = await signIn();
    const [conversation] = await service.conversations.list();
    const close = () => agent.post(`/api/conversations/${conversation?.sid}/close`);
    await close().set("Sec-Fetch-Site", "cross-site").send({}).expect(403);
    await close().set("Sec-Fetch-Site", "same-site").send({}).expect(403);
    await close().set("Origin", "https://evil.example").send({}).expect(403);
    await close().set("Origin", "null").send({}).expect(403);
    expect(await service.conversations.find({ address: PHONE })).toMatchObject({ state: "active" });
    await close().set("Sec-Fetch-Site", "same-origin").send({}).expect(204);
  });

  it("does not sign in by a form, which another site could send", async () => {
    const { url } = await startWorld();
    await supertest(url).post("/api/session").type("form").send({ token: TOKEN, name: "Ada" }).expect(400);
    const plain = supertest(url).post("/api/session").type("text/plain");
    await plain.send(JSON.stringify({ token: TOKEN, name: "Ada" })).expect(400);
  });
});

it("needs a token that nobody guesses", () => {
  const { provider } = createCarrier();
  expect(() => buildApp({ agentToken: "secret", provider })).toThrow("at least 20");
});
