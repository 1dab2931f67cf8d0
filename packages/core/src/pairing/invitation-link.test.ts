import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBase64Url } from "../bytes/base64url.ts";
import { concatBytes, utf8 } from "../bytes/bytes.ts";
import { INVITATION_LABEL } from "../crypto/peer-labels.ts";
import { noblePeerPrimitives as crypto } from "../crypto/noble-peer.ts";
import type { NamespaceId } from "../data/ids.ts";
import { equal, throwsCode } from "../testing/expect.ts";
import {
  appInvitation,
  decodeInvitation,
  encodeInvitation,
  invitedNamespace,
} from "./invitation-link.ts";

const INVALID = "MASQ_INVITATION_INVALID";
const secret = Uint8Array.from({ length: 32 }, (_, index) => index);
const syncService = "wss://sync.example.org";
const link = encodeInvitation(crypto, { secret, syncService });

const withChecksum = (content: Uint8Array): string =>
  toBase64Url(
    concatBytes(content, crypto.sha256(concatBytes(INVITATION_LABEL, content)).subarray(0, 4)),
  );

const textOf = (bad: string): string => {
  try {
    decodeInvitation(crypto, bad);
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

describe("an invitation link", () => {
  it("is the example on the page", () => {
    expect(link).toBe(
      "masq:pair#AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fd3NzOi8vc3luYy5leGFtcGxlLm9yZ-_0bOc",
    );
  });

  it("comes back as it was, in each of its forms", () => {
    const addresses = fc.constantFrom(
      syncService,
      "wss://sync.example.org:8443/v1/0af",
      "ws://127.0.0.1:9000",
      "ws://localhost",
      "ws://[::1]:1/x",
      `wss://${"a".repeat(250)}`,
      "wss://xn--bcher-kva.example",
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), addresses, (bytes, address) => {
        const invitation = { secret: bytes, syncService: address };
        const text = encodeInvitation(crypto, invitation);
        const code = text.slice("masq:pair#".length);
        for (const form of [
          text,
          `  ${text}\r\n`,
          `${text.slice(0, 30)}\n ${text.slice(30)}`,
          `MASQ:PAIR#${code}`,
          `https://maps.example.org/app?x=1#masq=${code}`,
          `org.example.maps:#masq=${code}`,
        ]) {
          equal(decodeInvitation(crypto, form), invitation);
        }
      }),
    );
  });

  it("is refused when any character is missing, changed or too much", () => {
    for (let at = 0; at < link.length; at += 1) {
      const changed = link[at] === "A" ? "B" : "A";
      const isOfScheme = at < "masq:pair".length;
      for (const bad of [
        link.slice(0, at),
        `${link.slice(0, at)}${link.slice(at + 1)}`,
        `${link.slice(0, at)}${changed}${link.slice(at + 1)}`,
        `${link.slice(0, at)}${changed}${link.slice(at)}`,
      ]) {
        // The scheme reads the same in capitals.
        if (isOfScheme && bad.toLowerCase() === link.toLowerCase()) continue;
        throwsCode(() => decodeInvitation(crypto, bad), INVALID);
      }
    }
  });

  it("tells a cut link, a foreign one and one of a newer version apart, and repeats nothing of it", () => {
    const newer = `masq:pair#${withChecksum(concatBytes(Uint8Array.of(2), new Uint8Array(50)))}`;
    const texts = [link.slice(0, -1), "https://example.org/#other", newer].map(textOf);
    expect(texts[0]).toMatch(/not complete/);
    expect(texts[1]).toMatch(/not an invitation/);
    expect(texts[2]).toMatch(/newer version/);
    for (const bad of ["", "masq:pair", "masq:pair#", link.replace("#", "?"), "x".repeat(5000)])
      expect(textOf(bad)).not.toContain(bad.length > 0 ? bad : "undefined");
  });

  it("leads nowhere but to a sync service: encrypted, or on this computer", () => {
    for (const address of [
      "ws://sync.example.org",
      "ws://127.0.0.1.example.org",
      "ws://127.0.0.1@example.org",
      "https://sync.example.org",
      "wss://user@sync.example.org",
      "wss://sync.example.org/?token=1",
      "wss://sync.example.org/#x",
      "wss://a b",
      "wss://a\u202eb",
      `wss://${"a".repeat(251)}`,
      `wss://${"\u00fc".repeat(130)}`,
      "",
    ]) {
      throwsCode(
        () => encodeInvitation(crypto, { secret, syncService: address }),
        "MASQ_OPTION_INVALID",
      );
      const content = concatBytes(Uint8Array.of(1), secret, utf8(address));
      throwsCode(() => decodeInvitation(crypto, `masq:pair#${withChecksum(content)}`), INVALID);
    }
    const noText = concatBytes(Uint8Array.of(1), secret, utf8("wss://a"), Uint8Array.of(0xff));
    throwsCode(() => decodeInvitation(crypto, `masq:pair#${withChecksum(noText)}`), INVALID);
  });
});

describe("the link of an app's circle", () => {
  const maps = "https://maps.example.org" as NamespaceId;
  const notes = "app:org.example.notes" as NamespaceId;

  it("is the page's own address, or names the native app", () => {
    const code = link.slice("masq:pair#".length);
    const links: [string, NamespaceId][] = [
      [appInvitation(link, maps), maps],
      [appInvitation(link, maps, "https://maps.example.org/app?lang=fr#top"), maps],
      [appInvitation(link, notes), notes],
    ];
    expect(links.map(([text]) => text)).toEqual([
      `https://maps.example.org/#masq=${code}`,
      `https://maps.example.org/app?lang=fr#masq=${code}`,
      `masq:org.example.notes#masq=${code}`,
    ]);
    for (const [text, namespace] of links) {
      equal(decodeInvitation(crypto, text), { secret, syncService });
      expect(invitedNamespace(text)).toBe(namespace);
    }
  });

  it("is told from one of stores, and from what is none", () => {
    for (const text of [link, "", "masq:pair", "https://#masq=x", "ftp://a.example/#masq=x"])
      expect(invitedNamespace(text)).toBeUndefined();
  });
});
