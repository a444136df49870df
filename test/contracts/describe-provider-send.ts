import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { ProviderResult } from "@messaging-service/core";
import { afterEach, expect, it } from "vitest";
import type { ApiAnswer, ProviderBattery } from "./describe-provider.ts";

/** The half of {@link describeProvider} that sends, to an API on loopback that answers, breaks off, hangs or is not there. */
export function describeSend(battery: ProviderBattery): void {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      if ("closeAllConnections" in server) (server.closeAllConnections as () => void)();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  const listen = async (server: Server): Promise<string> => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const sendTo = (baseUrl: string, timeoutMs = 5_000): Promise<ProviderResult> =>
    battery.create({ baseUrl, timeoutMs }).send(battery.message);
  /** Sends to an API that does this with the request. */
  const sendWith = async (
    handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
    timeoutMs?: number,
  ): Promise<ProviderResult> => {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      handle(request, response, body);
    });
    return sendTo(`http://${await listen(server)}`, timeoutMs);
  };
  const sendAnswered = (answer: ApiAnswer): Promise<ProviderResult> =>
    sendWith((_request, response) => void response.writeHead(answer.status, answer.headers).end(answer.body));

  it("hands a message over", async () => {
    const { accepted, sentAs } = battery;
    const sent: string[] = [];
    const result = await sendWith((request, response, body) => {
      sent.push(`${request.method} ${request.url} ${body}`);
      response.writeHead(accepted.status, accepted.headers).end(accepted.body);
    });
    expect(result).toMatchObject({ outcome: "accepted", providerSid: accepted.providerSid });
    expect(sent).toHaveLength(1);
    for (const part of sentAs) expect(sent[0]).toContain(part);
  });

  it.each(Object.entries(battery.refusals))("knows what %s means", async (_name, { answer, result }) => {
    expect(await sendAnswered(answer)).toMatchObject(result);
  });

  it.each([
    ["seconds", { "retry-after": "3" }],
    ["a date", { date: "Thu, 01 Jan 2026 00:00:00 GMT", "retry-after": "Thu, 01 Jan 2026 00:00:03 GMT" }],
  ])("waits as long as a 429 says, in %s", async (_form, headers) => {
    const result = await sendAnswered({ status: 429, headers });
    expect(result).toMatchObject({ outcome: "not-sent", retryAfterMs: 3_000 });
  });

  it("tries again after a 429 that says nothing", async () => {
    const result = await sendAnswered({ status: 429, headers: { "retry-after": "soon" }, body: "<html>" });
    expect(result).toMatchObject({ outcome: "not-sent" });
    expect(result).not.toHaveProperty("retryAfterMs");
  });

  it.each([400, 401, 404, 410])("takes a bare %i for a refusal", async (status) => {
    const refused = { outcome: "refused", errorMessage: expect.stringContaining(String(status)) };
    expect(await sendAnswered({ status, body: "<html>no</html>" })).toMatchObject(refused);
    expect(await sendAnswered({ status })).toMatchObject(refused);
  });

  it.each([408, 500, 502, 503, 504])("does not know what a %i means", async (status) => {
    expect(await sendAnswered({ status, body: "<html>" })).toMatchObject({ outcome: "ambiguous" });
  });

  it.each(["", "{}", "null", "[]", '"x"', "<html>", '{"sid":'])(
    "does not know what success with %j means",
    async (body) => {
      const { status } = battery.accepted;
      expect(await sendAnswered({ status, body })).toMatchObject({ outcome: "ambiguous" });
    },
  );

  it("does not know what became of a request that is never answered", async () => {
    expect(await sendWith(() => {}, 60)).toMatchObject({ outcome: "ambiguous" });
  });

  it("does not know what became of a request whose connection breaks", async () => {
    expect(await sendWith((request) => request.socket.resetAndDestroy())).toMatchObject({
      outcome: "ambiguous",
    });
    expect(await sendWith((request) => request.socket.end())).toMatchObject({ outcome: "ambiguous" });
  });

  it("does not know what became of a request whose answer breaks off", async () => {
    const { accepted } = battery;
    const result = await sendWith((_request, response) => {
      response.writeHead(accepted.status, { ...accepted.headers, "content-length": "10000" });
      response.write(accepted.body?.slice(0, 5) ?? "", () => response.destroy());
    });
    expect(result).toMatchObject({ outcome: "ambiguous" });
  });

  it("knows that nothing left when nobody listens", async () => {
    const server = createTcpServer();
    const host = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await sendTo(`http://${host}`)).toMatchObject({ outcome: "not-sent" });
  });

  it("knows that nothing left when the other end speaks no TLS", async () => {
    const plain = createServer();
    expect(await sendTo(`https://${await listen(plain)}`)).toMatchObject({ outcome: "not-sent" });
  });

  it("knows that nothing left when the handshake fails", async () => {
    const withoutCertificate = createTlsServer({}).on("tlsClientError", () => {});
    expect(await sendTo(`https://${await listen(withoutCertificate)}`)).toMatchObject({
      outcome: "not-sent",
    });
  });

  it("never follows a redirect", async () => {
    const paths: string[] = [];
    const result = await sendWith((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    expect(paths).toHaveLength(1);
    expect(result.outcome).not.toBe("accepted");
  });

  it("tells no secret, even when the other end does", async () => {
    const results = await Promise.all([
      ...[400, 429, 500].map((status) =>
        sendWith((request, response) => {
          const message = `${JSON.stringify(request.headers)} ${battery.secrets.join(" ")}`;
          response.writeHead(status).end(JSON.stringify({ code: 1, message, errors: [{ detail: message }] }));
        }),
      ),
      sendTo("http://127.0.0.1:1"),
    ]);
    for (const secret of battery.secrets) expect(JSON.stringify(results)).not.toContain(secret);
  });
}
