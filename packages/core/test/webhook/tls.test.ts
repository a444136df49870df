import { createServer } from "node:https";
import { createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { connectionFailure } from "../../src/webhook/failure.ts";
import { callOf, failureOf, startCaller } from "./caller.ts";
import { CERTIFICATE, KEY } from "./certificate.ts";

async function listen(server: ReturnType<typeof createTcpServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `https://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
}

describe("a call over TLS", () => {
  it("refuses a certificate that nobody vouches for, without trying again", async () => {
    let requests = 0;
    const url = await listen(createServer({ key: KEY, cert: CERTIFICATE }, () => requests++));
    const error = await failureOf(startCaller().call(callOf(`${url}#rp=all`)));
    expect(error.details).toMatchObject({ errorCode: 11237, attempts: 1 });
    expect(requests).toBe(0);
  });

  it("is 11220 when the server speaks no TLS", async () => {
    const url = await listen(
      createTcpServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 No\r\n\r\n")),
    );
    const error = await failureOf(startCaller().call(callOf(url)));
    expect(error.details).toMatchObject({ errorCode: 11220, attempts: 2 });
  });

  it("counts the handshake as connecting", async () => {
    const server = createTcpServer((socket) => onTestFinished(() => void socket.destroy()));
    const error = await failureOf(startCaller().call(callOf(`${await listen(server)}#ct=100&rc=0`)));
    expect(error.details).toMatchObject({ errorCode: 11201, attempts: 1 });
  });
});

describe("connectionFailure", () => {
  it.each([
    ["ERR_TLS_CERT_ALTNAME_INVALID", 11235],
    ["CERT_HAS_EXPIRED", 11236],
    ["CERT_NOT_YET_VALID", 11236],
    ["SELF_SIGNED_CERT_IN_CHAIN", 11237],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", 11237],
    ["CERT_REVOKED", 11237],
    ["ERR_SSL_WRONG_VERSION_NUMBER", 11220],
    ["EPROTO", 11220],
    ["ECONNRESET", 11220],
  ])("numbers %s before the handshake is done %i", (code, errorCode) => {
    expect(connectionFailure(Object.assign(new Error(), { code }), false, true)).toMatchObject({ errorCode });
  });

  it.each([
    ["ENOTFOUND", 11210],
    ["EAI_AGAIN", 11210],
    ["ECONNREFUSED", 11202],
    ["ETIMEDOUT", 11201],
    ["EHOSTUNREACH", 11205],
  ])("numbers %s before a connection %i, retried with ct", (code, errorCode) => {
    const failure = connectionFailure(Object.assign(new Error(), { code }), false, false);
    expect(failure).toMatchObject({ errorCode, retry: "ct" });
  });
});
