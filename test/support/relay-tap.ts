/**
 * A sync service that spoils what it passes on: it understands the frames of the relay and changes, loses, repeats or
 * swaps those it is told to, on their way to a device.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { decodeFrame, MAX_RELAY_FRAME_BYTES, RELAY_SUBPROTOCOL } from "@masq/core/relay";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { within } from "./raw-app.ts";

export const SPOILINGS = ["flip", "drop", "repeat", "swap"] as const;
export type Spoiling = (typeof SPOILINGS)[number];

export interface RelayTap {
  /** Where devices find the service. */
  readonly url: string;
  /**
   * Spoils one frame of data after letting `skipped` of them pass. Resolves when the device it was for has given up the
   * slot, or its connection, or is told that the other one has: who waits for the answer to a lost frame notices first.
   */
  spoil(spoiling: Spoiling, skipped: number, random: (below: number) => number): Promise<void>;
  /** Ends every connection: what is sent next is a handshake. */
  cut(): void;
}

interface Order {
  readonly spoiling: Spoiling;
  readonly random: (below: number) => number;
  readonly done: () => void;
  skipped: number;
}

const FRAME_HEAD_BYTES = 4;
const GUARD_MS = 90_000;

/** What travels instead of a frame; for "swap" nothing, until the next one comes. */
const spoilt = (frame: Buffer, { spoiling, random }: Order): Buffer[] => {
  switch (spoiling) {
    case "flip": {
      const copy = Buffer.from(frame);
      const at = FRAME_HEAD_BYTES + random(copy.length - FRAME_HEAD_BYTES);
      copy[at] = (copy[at] as number) ^ (1 << random(8));
      return [copy];
    }
    case "repeat":
      return [frame, frame];
    case "drop":
    case "swap":
      return [];
  }
};

/** Lasts as long as the test. */
export const openRelayTap = async (servicePort: number): Promise<RelayTap> => {
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    maxPayload: MAX_RELAY_FRAME_BYTES,
    handleProtocols: () => RELAY_SUBPROTOCOL,
  });
  await once(server, "listening");
  const open = new Set<WebSocket>();
  let order: Order | undefined;

  server.on("connection", (device, request) => {
    const service = new WebSocket(
      `ws://127.0.0.1:${servicePort}${request.url ?? "/"}`,
      RELAY_SUBPROTOCOL,
      { perMessageDeflate: false },
    );
    const early: Buffer[] = [];
    /** What the device has been sent spoilt and not reacted to; `held` is to follow the next frame of its slot. */
    let victim: { readonly slot: number; held: Buffer | undefined; done: () => void } | undefined;
    const reacted = (): void => {
      victim?.done();
      victim = undefined;
    };
    for (const end of [device, service]) {
      open.add(end);
      end.on("error", () => {});
      end.on("close", () => {
        open.delete(end);
        device.terminate();
        service.terminate();
        reacted();
      });
    }
    device.on("message", (bytes: Buffer) => {
      const frame = decodeFrame(bytes);
      if (frame?.type === "unlisten" && victim !== undefined && frame.slots.includes(victim.slot))
        reacted();
      if (service.readyState === WebSocket.OPEN) service.send(bytes);
      else early.push(bytes);
    });
    service.on("open", () => {
      for (const bytes of early) service.send(bytes);
    });
    service.on("message", (bytes: Buffer) => {
      const frame = decodeFrame(bytes);
      if (frame?.type === "peer-down" && frame.slot === victim?.slot) reacted();
      if (frame?.type !== "data") return device.send(bytes);
      if (victim?.slot === frame.slot && victim.held !== undefined) {
        device.send(bytes);
        device.send(victim.held);
        victim.held = undefined;
        return;
      }
      if (order === undefined || victim !== undefined) return device.send(bytes);
      if (order.skipped > 0) {
        order.skipped -= 1;
        return device.send(bytes);
      }
      const { spoiling, done } = order;
      victim = { slot: frame.slot, held: spoiling === "swap" ? bytes : undefined, done };
      for (const one of spoilt(bytes, order)) device.send(one);
      order = undefined;
    });
  });
  const cut = (): void => {
    for (const end of open) end.terminate();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil: (spoiling, skipped, random) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      order = { spoiling, skipped, random, done: resolve };
      return within(GUARD_MS, `the end of a session after a ${spoiling}`, promise);
    },
    cut,
  };
};
