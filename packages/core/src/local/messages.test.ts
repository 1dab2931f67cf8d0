import { describe, expect, it } from "vitest";
import { MasqError } from "../errors.ts";
import { throwsCode } from "../testing/expect.ts";
import { decodeItems, encodeItem } from "./cbor.ts";
import { entryItem, errorItem, eventItem, readRequest, resultItem } from "./answers.ts";
import { readEntry, readIncoming, requestItem } from "./messages.ts";

const overTheWire = (item: unknown): unknown => decodeItems(encodeItem(item))[0];

describe("messages", () => {
  it("come back as they were sent", () => {
    const request = { id: 7, method: "get", params: ["k", null, Uint8Array.of(1)] };
    expect(readRequest(overTheWire(requestItem(request)))).toEqual(request);
    expect(readIncoming(overTheWire(resultItem(7, { a: 1 })))).toEqual({
      type: "result",
      id: 7,
      result: { a: 1 },
    });
    expect(readIncoming(overTheWire(resultItem(7, null)))).toEqual({
      type: "result",
      id: 7,
      result: null,
    });
    expect(readIncoming(overTheWire(eventItem("changes", [1])))).toEqual({
      type: "event",
      name: "changes",
      data: [1],
    });
    const error = readIncoming(overTheWire(errorItem(7, new MasqError("MASQ_CONFLICT", "No."))));
    expect(error).toMatchObject({
      type: "error",
      id: 7,
      error: { code: "MASQ_CONFLICT", message: "No." },
    });
    for (const entry of [
      { key: "k", value: Uint8Array.of(1), version: "v", conflict: true },
      { key: "k", value: null, version: "", conflict: false },
    ]) {
      expect(readEntry(overTheWire(entryItem(entry)))).toEqual(entry);
    }
  });

  it("with an error code of a newer version are read as an internal error, not refused", () => {
    expect(readIncoming([1, null, ["MASQ_SOMETHING_NEW", "text"]])).toMatchObject({
      error: { code: "MASQ_INTERNAL" },
    });
    expect(readIncoming([1, null, [5, "text"]])).toMatchObject({
      error: { code: "MASQ_INTERNAL" },
    });
  });

  it("of the wrong shape are refused", () => {
    for (const item of [
      null,
      5,
      "get",
      {},
      [],
      [1],
      ["1", "get"],
      [-1, "get"],
      [1.5, "get"],
      [2 ** 60, "get"],
      [1, 5],
    ]) {
      throwsCode(() => readRequest(item), "MASQ_MESSAGE_INVALID");
    }
    for (const item of [
      null,
      {},
      [],
      ["1"],
      [0],
      [0, 5],
      [1, null, null],
      [1, null, []],
      [1, null, ["MASQ_CONFLICT", 5]],
    ]) {
      throwsCode(() => readIncoming(item), "MASQ_MESSAGE_INVALID");
    }
    for (const item of [
      null,
      [],
      [5, null, "", false],
      ["k", null, 5, false],
      ["k", null, "", 0],
    ]) {
      throwsCode(() => readEntry(item), "MASQ_MESSAGE_INVALID");
    }
  });

  it("can follow each other in one sequence, none of which is used when one is malformed", () => {
    const one = encodeItem([1, "a"]);
    const two = encodeItem([2, "b"]);
    expect(decodeItems(Uint8Array.of(...one, ...two))).toEqual([
      [1, "a"],
      [2, "b"],
    ]);
    expect(decodeItems(new Uint8Array())).toEqual([]);
    throwsCode(
      () => decodeItems(Uint8Array.of(...one, ...two.subarray(0, -1))),
      "MASQ_MESSAGE_INVALID",
    );
    const deep = new Uint8Array(1_000_000).fill(0x81);
    throwsCode(() => decodeItems(deep), "MASQ_MESSAGE_INVALID");
    for (const wrong of [
      [0x9f, 0xff],
      [0xf7],
      [0xc2, 0x41, 1],
      [0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2],
      [0xf9, 0x7e, 0],
      [0x1b, 255, 255, 255, 255, 255, 255, 255, 255],
    ]) {
      throwsCode(() => decodeItems(Uint8Array.from(wrong)), "MASQ_MESSAGE_INVALID");
    }
  });
});
