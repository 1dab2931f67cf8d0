/**
 * A program between an app and its store: it hands on every frame as it is, and can fall silent or hang up. The frames
 * are sealed, so all it can do to an app is what a failing store or connection does.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { LOCAL_SUBPROTOCOL } from "@masq/core";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";

/** What becomes of a frame from the store. "hold" keeps it and all that follow it on its connection. */
export type Fate = "pass" | "hold" | "drop";

export interface Between {
  readonly url: string;
  /** How many connections apps have made so far. */
  readonly connections: number;
  /** Hangs up on everybody, as a crash would. */
  drop(): void;
}

/** Both numbers count from 1: the connection, and the frame from the store on it. */
export type Judge = (connection: number, frame: number) => Fate;

export const startBetween = async (storePort: number, judge: Judge): Promise<Between> => {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    handleProtocols: () => LOCAL_SUBPROTOCOL,
  });
  await once(server, "listening");
  let connections = 0;
  const open = new Set<WebSocket>();
  server.on("connection", (app) => {
    connections += 1;
    const connection = connections;
    const store = new WebSocket(`ws://127.0.0.1:${storePort}`, LOCAL_SUBPROTOCOL, {
      perMessageDeflate: false,
    });
    const early: Buffer[] = [];
    let frames = 0;
    let isHeld = false;
    const hangUp = (): void => {
      app.terminate();
      store.terminate();
    };
    for (const end of [app, store]) {
      open.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        open.delete(end);
        hangUp();
      });
    }
    app.on("message", (frame: Buffer) => {
      if (store.readyState === WebSocket.OPEN) store.send(frame);
      else early.push(frame);
    });
    store.on("open", () => {
      for (const frame of early) store.send(frame);
    });
    store.on("message", (frame: Buffer) => {
      frames += 1;
      const fate = isHeld ? "hold" : judge(connection, frames);
      isHeld = fate === "hold";
      if (fate === "pass") app.send(frame);
      if (fate === "drop") hangUp();
    });
  });
  const drop = (): void => {
    for (const end of open) end.terminate();
  };
  onTestFinished(() => {
    drop();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get connections() {
      return connections;
    },
    drop,
  };
};
