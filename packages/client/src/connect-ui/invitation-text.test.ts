import fc from "fast-check";
import { expect, it } from "vitest";
import { isSameInvitation, readInvitation } from "./invitation-text.ts";

const ORIGIN = "https://maps.example.org";
const CODE = "AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fd3NzOi8vc3luYy5leGFtcGxlLm9yZ-_0bOc";

it("an invitation to this app is its link, Masq's own form, or the code alone, white space left out", () => {
  for (const text of [
    `${ORIGIN}/#masq=${CODE}`,
    `${ORIGIN}/deep/er?x#masq=${CODE}`,
    `  ${ORIGIN}/#masq=${CODE.slice(0, 30)}\n ${CODE.slice(30)} `,
    `masq:pair#${CODE}`,
    CODE,
  ])
    expect(readInvitation(text, ORIGIN)).toBe("own");
});

it("an invitation to another app is told apart before anything is sent", () => {
  for (const text of [
    `https://notes.example.org/#masq=${CODE}`,
    `http://maps.example.org/#masq=${CODE}`,
    `https://maps.example.org:8443/#masq=${CODE}`,
    `masq:org.example.notes#masq=${CODE}`,
  ])
    expect(readInvitation(text, ORIGIN)).toBe("foreign");
});

it("an invitation is the same one in each of its forms", () => {
  const forms = [
    `${ORIGIN}/#masq=${CODE}`,
    `masq:pair#${CODE}`,
    CODE,
    ` ${CODE.slice(0, 9)}\n${CODE.slice(9)}`,
  ];
  for (const form of forms) expect(isSameInvitation(form, CODE)).toBe(true);
  expect(isSameInvitation(`${ORIGIN}/#masq=${CODE}`, `${ORIGIN}/#masq=${CODE}A`)).toBe(false);
  // Whatever an app hands over.
  expect(isSameInvitation(7 as unknown as string, CODE)).toBe(false);
});

it("everything else is none, and nothing throws", () => {
  expect(readInvitation("https://maps.example.org/", ORIGIN)).toBe("none");
  expect(readInvitation("", ORIGIN)).toBe("none");
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(["own", "foreign", "none"]).toContain(readInvitation(text, ORIGIN));
    }),
  );
});
