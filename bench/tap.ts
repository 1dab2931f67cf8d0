/** Stands between the stores and the sync service: counts what each connection carries, and can be cut like a cable. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Of one store: what it sent and what it got, with the WebSocket's own bytes. */
export interface Wire {
  /** Wall time in milliseconds, comparable with what other processes of this machine say. */
  readonly openedAt: number;
  readonly bytes: number;
}

export interface Tap {
  /** Where the stores connect. */
  readonly url: string;
  /** Since the last `forget`, in the order opened. */
  readonly wires: readonly Wire[];
  readonly forget: () => void;
  /** Closes every connection and lets none through, or lets them through again. */
  readonly setOpen: (isOpen: boolean) => void;
  readonly stop: () => Promise<void>;
}

export const openTap = async (servicePort: number): Promise<Tap> => {
  const sockets = new Set<Socket>();
  let wires: { openedAt: number; bytes: number }[] = [];
  let isOpen = true;

  const server = createServer({ noDelay: true }, (store) => {
    if (!isOpen) return void store.destroy();
    const service = connect({ port: servicePort, host: "127.0.0.1", noDelay: true });
    const wire = { openedAt: Date.now(), bytes: 0 };
    wires.push(wire);
    for (const [from, to] of [
      [store, service],
      [service, store],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk: Buffer) => (wire.bytes += chunk.length));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get wires() {
      return wires;
    },
    forget: () => void (wires = []),
    setOpen: (open) => {
      isOpen = open;
      if (!open) cut();
    },
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
};
