/** The checks of `masq doctor` that look at the computer: its disk and its ports. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { LOCAL_PORTS, LOCAL_SUBPROTOCOL } from "@masq/core";
import type { Context } from "./context.ts";
import { messageOf, type Finding } from "./finding.ts";
import { formatBytes } from "./output.ts";

const LEAST_FREE_BYTES = 500 * 1024 * 1024;
const PORT_TIMEOUT_MS = 1_000;
/** Linux's numbers of file systems that are reached over a network, or may be. */
const REMOTE_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "SMB"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x65735546, "FUSE"],
]);

/** The path itself, or the first directory above it that is there. */
const nearestExisting = (path: string): string => {
  let parent = path;
  while (!existsSync(parent) && parent !== dirname(parent)) parent = dirname(parent);
  return parent;
};

export const checkDisk = async (directory: string): Promise<Finding> => {
  const check = "disk";
  try {
    const { bavail, bsize, type } = await statfs(nearestExisting(directory));
    const free = bavail * bsize;
    // The number comes signed on some platforms.
    const remote = process.platform === "linux" ? REMOTE_FILE_SYSTEMS.get(type >>> 0) : undefined;
    if (remote !== undefined) {
      return {
        check,
        mark: "warn",
        text: `the data directory is on ${remote}, which may be a network file system`,
        todo: "Keep the store on a local disk: over a network its writes are slower and less safe.",
      };
    }
    return free < LEAST_FREE_BYTES
      ? {
          check,
          mark: "warn",
          text: `only ${formatBytes(free)} are free`,
          todo: "Free some space. When the disk is full, writes are refused; nothing is lost.",
        }
      : { check, mark: "ok", text: `local, ${formatBytes(free)} free` };
  } catch (error) {
    return { check, mark: "warn", text: `cannot be looked at: ${messageOf(error)}` };
  }
};

type PortUse = "free" | "a Masq store" | "another program";

/** Who answers on a port of this computer. */
const portUse = async (port: number): Promise<PortUse> => {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health`, {
      signal: AbortSignal.timeout(PORT_TIMEOUT_MS),
      redirect: "error",
    });
    const text = (await response.text()).slice(0, 100);
    return text.includes(`"${LOCAL_SUBPROTOCOL}"`) ? "a Masq store" : "another program";
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && "code" in cause && cause.code === "ECONNREFUSED"
      ? "free"
      : "another program";
  }
};

export async function* checkPorts(
  { hint }: Context,
  configured: number | undefined,
  own: number | undefined,
): AsyncGenerator<Finding> {
  const ports = new Set([
    ...(configured === undefined ? LOCAL_PORTS : [configured]),
    ...(own === undefined ? [] : [own]),
  ]);
  const uses = new Map<number, PortUse | "this store">();
  for (const port of ports) uses.set(port, port === own ? "this store" : await portUse(port));
  const canListen = own !== undefined || [...uses.values()].includes("free");
  for (const [port, use] of uses) {
    const check = `port ${port}`;
    if (use === "free" || use === "this store") {
      yield { check, mark: "ok", text: use === "free" ? "is free" : "is used by this store" };
    } else {
      yield {
        check,
        mark: canListen ? "warn" : "fail",
        text: `is used by ${use === "a Masq store" ? "the Masq store of another data directory" : use}`,
        todo: canListen
          ? "The store takes another one."
          : `Stop that program, or choose a port: ${hint("config set port NUMBER")}`,
      };
    }
  }
}
