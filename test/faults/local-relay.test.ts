/** The relay on the store's port: nobody but granted apps is let in, none with another's word, and none stays who is revoked. */
import type { MasqError } from "@masq/core";
import { encodeInvitation } from "@masq/core/peer";
import { encodeFrame, decodeFrame } from "@masq/core/relay";
import { collector } from "@masq/core/testing";
import { nodeHost, nodePrimitives } from "@masq/node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import {
  askAccess,
  codeOf,
  grantedJoiner,
  headersOf,
  HOSTILE,
  joinAs,
  openWorld,
  requestOf,
  unknownJoiner,
  within,
  type Granted,
  type Headers,
  type World,
} from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const PAGE = "https://hostile.example";
let world: World;

beforeEach(async () => {
  world = await openWorld(temporaryDirectory());
});
afterEach(async () => {
  await world.assertUnharmed();
  await world[Symbol.asyncDispose]();
});

interface Visit {
  /** `welcome`, the status the upgrade was refused with, or the close code. */
  readonly said: Promise<string>;
  readonly closed: Promise<number>;
  readonly webSocket: WebSocket;
}

const visit = (accessToken: Uint8Array, headers: Headers = {}): Visit => {
  const webSocket = new WebSocket(`ws://127.0.0.1:${world.port}`, "masq.relay.1", { headers });
  const said = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<number>();
  webSocket.on("unexpected-response", (request, response) => {
    said.resolve(`status ${String(response.statusCode)}`);
    request.destroy();
  });
  webSocket.on("error", () => {});
  webSocket.on("open", () =>
    webSocket.send(encodeFrame({ type: "hello", features: 0, largestFrame: 65_540, accessToken })),
  );
  webSocket.on("message", (data) => {
    if (decodeFrame(data as Buffer)?.type === "welcome") said.resolve("welcome");
  });
  webSocket.on("close", (code) => {
    said.resolve(`closed ${code}`);
    closed.resolve(code);
  });
  return {
    webSocket,
    said: within(20_000, "the relay's answer", said.promise),
    get closed() {
      return within(20_000, "the end", closed.promise);
    },
  };
};

const tokenOf = async (granted: Granted): Promise<Uint8Array> => {
  const app = await joinAs(world.port, grantedJoiner(granted), headersOf(granted.identity));
  const token = (await app.call("relay")) as Uint8Array;
  await app.close();
  return token;
};

const grantPage = async (): Promise<Granted> => {
  const asking = askAccess(world.port, PAGE);
  await requestOf(world.admin, PAGE);
  await world.admin.call("admin.allow", [PAGE, null]);
  return asking;
};

describe("the relay on the store's port", () => {
  it("lets in who shows the token of its own grant, and nobody else", async () => {
    const token = await tokenOf(world.granted);
    const open = visit(token);
    expect(await open.said).toBe("welcome");
    open.webSocket.close();
    expect(await visit(new Uint8Array(0)).said).toBe("closed 4002");
    expect(await visit(token.slice(0, -1)).said).toBe("closed 4002");
    for (const at of [0, 15, 16, token.length - 1]) {
      const changed = token.slice();
      changed[at] = (changed[at] as number) ^ 1;
      expect(await visit(changed).said).toBe("closed 4002");
    }
    // The store's own key id, without its secret.
    expect(await visit(new Uint8Array(token.length)).said).toBe("closed 4002");
  });

  it("takes no token from another origin than its own, and no odd host or origin at all", async () => {
    const token = await tokenOf(world.granted);
    expect(await visit(token, { origin: PAGE }).said).toBe("closed 4002");
    expect(await visit(token, { origin: "null" }).said).toBe("status 403");
    expect(await visit(token, { origin: "http://far.example" }).said).toBe("status 403");
    expect(await visit(token, { host: "far.example" }).said).toBe("status 421");
  });

  it("ends with the access of its app, at once and for good", async () => {
    const page = await grantPage();
    const token = await tokenOf(page);
    expect(await visit(token).said).toBe("closed 4002");
    const open = visit(token, { origin: PAGE });
    expect(await open.said).toBe("welcome");
    await world.admin.call("admin.revoke", PAGE);
    expect(await open.closed).toBe(4002);
    expect(await visit(token, { origin: PAGE }).said).toBe("closed 4002");
  });

  it("has a few places for each app and each origin, and lets go of who says nothing", async () => {
    const token = await tokenOf(world.granted);
    const visits = Array.from({ length: 20 }, () => visit(token));
    const said = await Promise.all(visits.map((one) => one.said));
    expect(said.filter((answer) => answer === "welcome")).toHaveLength(16);
    for (const { webSocket } of visits) webSocket.close();
    const mute = new WebSocket(`ws://127.0.0.1:${world.port}`, "masq.relay.1");
    const code = await within(
      20_000,
      "the relay's patience to end",
      new Promise((resolve) => mute.once("close", resolve)),
    );
    expect(code).toBe(4006);
  });

  it("is told of to nobody without a grant, and no circle is joined by a link that is none", async () => {
    const unknown = await joinAs(world.port, unknownJoiner("app:org.example.stranger"));
    expect(await codeOf(unknown.call("relay"))).toBe("MASQ_GRANT_MISSING");
    expect(await codeOf(unknown.call("join", "masq:pair#AAAA"))).toBe("MASQ_GRANT_MISSING");
    await unknown.close();
    const app = await joinAs(world.port, grantedJoiner(world.granted), headersOf(HOSTILE));
    for (const link of ["", "masq:pair#AAAA", `https://far.example/#masq=${"A".repeat(60)}`])
      expect(await codeOf(app.call("join", link))).toBe("MASQ_INVITATION_INVALID");
    expect(await codeOf(app.call("join", 7))).toBe("MASQ_MESSAGE_INVALID");
    // Links that nobody stands behind: a few are waited for at a time.
    const refused = collector<string>();
    for (let n = 0; n < 20; n += 1) {
      const text = encodeInvitation(nodePrimitives, {
        secret: nodeHost.random(32),
        syncService: `ws://127.0.0.1:${world.port}`,
      });
      app.call("join", text).catch(({ code }: MasqError) => refused.push(code));
    }
    const codes = await refused.until((items) => items.length >= 12, "twelve refusals");
    expect(new Set(codes)).toEqual(new Set(["MASQ_PAIRING_FAILED"]));
    await app.close();
  });
});
