/**
 * Stands between the devices and the sync service and counts what passes: all that the sync service gets to see. What
 * it sends on can be searched; what devices send to it is masked once more by their WebSockets (RFC 6455 section 5.3).
 */
import { createServer, connect, type AddressInfo, type Socket } from "node:net";

export interface Tap extends AsyncDisposable {
  /** Where the devices connect. */
  readonly url: string;
  readonly bytes: number;
  /** Texts of those looked for that went by in clear. */
  readonly found: ReadonlySet<string>;
  /** Lets nothing through from now on, as if the cable were pulled; or lets it through again. */
  setOpen(isOpen: boolean): void;
}

export const openTap = async (port: number, lookFor: readonly string[]): Promise<Tap> => {
  const found = new Set<string>();
  const sockets = new Set<Socket>();
  const longest = Math.max(...lookFor.map((text) => Buffer.byteLength(text)));
  let bytes = 0;
  let isOpen = true;

  const search = (): ((chunk: Buffer) => void) => {
    let tail: Buffer = Buffer.alloc(0);
    return (chunk) => {
      const window = Buffer.concat([tail, chunk]);
      for (const text of lookFor) if (!found.has(text) && window.includes(text)) found.add(text);
      tail = window.subarray(-longest);
    };
  };

  const server = createServer((device) => {
    if (!isOpen) return void device.destroy();
    const service = connect(port, "127.0.0.1");
    const look = search();
    service.on("data", look);
    for (const [from, to] of [
      [device, service],
      [service, device],
    ] as const) {
      sockets.add(from);
      from.on("data", (chunk: Buffer) => (bytes += chunk.length));
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
    get bytes() {
      return bytes;
    },
    found,
    setOpen: (open) => {
      isOpen = open;
      if (!open) cut();
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
};
