/**
 * A network between devices and their sync service that a test can watch, cut and spoil: it passes bytes on and knows
 * nothing of what they mean.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { within } from "./raw-app.ts";

export type From = "device" | "service";

export interface Tap {
  /** Where devices find the service. */
  readonly url: string;
  /** How many bytes have passed, both ways. */
  readonly bytes: number;
  /** Resolves when so many more bytes have passed. */
  passed(bytes: number): Promise<void>;
  /** Breaks every connection, and takes none before `mend`. */
  cut(): void;
  /** From now until `mend` nothing arrives of what these ends send, and nobody is told. */
  swallow(from: From): void;
  /** Resolves when so many bytes more have vanished. */
  swallowed(bytes: number): Promise<void>;
  /** How many connections have ended so far. */
  readonly ended: number;
  /** Resolves when so many have. */
  ends(count: number): Promise<void>;
  mend(): void;
}

const GUARD_MS = 120_000;

/** Lasts as long as the test. */
export const openTap = async (servicePort: () => number): Promise<Tap> => {
  const sockets = new Set<Socket>();
  const checks = new Set<() => void>();
  const swallowing = new Set<From>();
  let bytes = 0;
  let lost = 0;
  let ended = 0;
  let isCut = false;

  const carry = (from: From, source: Socket, target: Socket): void => {
    sockets.add(source);
    source.on("data", (chunk: Buffer) => {
      if (swallowing.has(from)) lost += chunk.length;
      else {
        target.write(chunk);
        bytes += chunk.length;
      }
      for (const check of checks) check();
    });
    source.on("error", () => {});
    source.on("close", () => {
      sockets.delete(source);
      if (from === "device") ended += 1;
      target.destroy();
      for (const check of checks) check();
    });
  };
  const server = createServer((device) => {
    if (isCut) return void device.destroy();
    const service = connect(servicePort(), "127.0.0.1");
    carry("device", device, service);
    carry("service", service, device);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const when = (what: string, isSo: () => boolean): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = (): void => {
      if (isSo() && checks.delete(check)) resolve();
    };
    checks.add(check);
    check();
    return within(GUARD_MS, what, promise);
  };
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    breakAll();
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get bytes() {
      return bytes;
    },
    get ended() {
      return ended;
    },
    passed: (more) => {
      const goal = bytes + more;
      return when(`${more} bytes to pass`, () => bytes >= goal);
    },
    cut: () => {
      isCut = true;
      breakAll();
    },
    swallow: (from) => void swallowing.add(from),
    swallowed: (more) => {
      const goal = lost + more;
      return when(`${more} bytes to vanish`, () => lost >= goal);
    },
    ends: (count) => when(`${count} ends of connections`, () => ended >= count),
    mend: () => {
      isCut = false;
      swallowing.clear();
    },
  };
};
