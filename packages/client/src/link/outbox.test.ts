import { describe, expect, it } from "vitest";
import { SeenVersions } from "../seen-versions.ts";
import { Outbox } from "./outbox.ts";
import type { PendingRead } from "./pending-read.ts";
import { PendingWrite } from "./pending-write.ts";

const settle = { resolve: () => {}, reject: () => {} };

const openOutbox = () => {
  const outbox = new Outbox(new SeenVersions());
  const write = (key: string): PendingWrite =>
    outbox.addWrite([{ key, value: Uint8Array.of(1) }], 0, settle);
  const read = (method: string): PendingRead => {
    const made: PendingRead = { method, params: null, ...settle, awayBeforeMs: 0 };
    outbox.addRead(made);
    return made;
  };
  /** What is sent by now: numbers of writes, methods of reads. */
  const sent = (): (number | string)[] => {
    const names: (number | string)[] = [];
    for (let call = outbox.next(); call !== undefined; call = outbox.next()) {
      names.push(call instanceof PendingWrite ? call.number : call.method);
    }
    return names;
  };
  return { outbox, write, read, sent };
};

describe("an outbox", () => {
  it("gives nothing away without a connection, then the writes in order and the reads behind them", () => {
    const { outbox, write, read, sent } = openOutbox();
    read("get");
    write("a");
    write("b");
    expect(sent()).toEqual([]);
    outbox.connected();
    expect(sent()).toEqual([1, 2, "get"]);
    write("c");
    read("list");
    expect(sent()).toEqual([3, "list"]);
  });

  it("keeps a read behind the writes made before it that find no room on the wire", () => {
    const { outbox, write, read, sent } = openOutbox();
    outbox.connected();
    const writes = Array.from({ length: 2050 }, (_, index) => write(`key/${index}`));
    read("get");
    const first = sent();
    expect(first).toHaveLength(2048);
    outbox.wasAnswered(writes[0] as PendingWrite);
    expect(sent()).toEqual([2049]);
    outbox.wasAnswered(writes[1] as PendingWrite);
    expect(sent()).toEqual([2050, "get"]);
  });

  it("sends again on the next connection what was not answered, and never what was given up", () => {
    const { outbox, write, read, sent } = openOutbox();
    outbox.connected();
    const [first, , third] = [write("a"), write("a"), write("c")];
    const given = read("get");
    expect(sent()).toEqual([1, 2, 3, "get"]);
    outbox.wasAnswered(first as PendingWrite);
    outbox.removeWrite(first as PendingWrite);
    outbox.removeWrite(third as PendingWrite);
    outbox.removeRead(given);
    expect(outbox.answeredBelow).toBe(2);
    outbox.disconnected();
    const later = write("d");
    expect(sent()).toEqual([]);
    outbox.connected();
    expect(sent()).toEqual([2, later.number]);
    expect(later.number).toBe(4);
  });
});
