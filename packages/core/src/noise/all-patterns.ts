/**
 * The handshake patterns of Noise revision 34 as data: one-way (section 7.4), fundamental (section 7.5) and
 * deferred (section 18.1), with the psk modifiers of section 9.4.
 */
import { MasqError } from "../errors.ts";
import {
  KK,
  namedPattern,
  XX,
  type HandshakePattern,
  type Role,
  type Shape,
  type Token,
} from "./patterns.ts";

const shape = (
  knownStatics: readonly Role[],
  ...messages: readonly (readonly Token[])[]
): Shape => ({
  knownStatics,
  messages,
});

const none: readonly Role[] = [];
const initiator: readonly Role[] = ["initiator"];
const responder: readonly Role[] = ["responder"];
const both: readonly Role[] = ["initiator", "responder"];

const patterns: Readonly<Record<string, Shape>> = {
  // Section 7.4.
  N: shape(responder, ["e", "es"]),
  K: shape(both, ["e", "es", "ss"]),
  X: shape(responder, ["e", "es", "s", "ss"]),

  // Section 7.5.
  NN: shape(none, ["e"], ["e", "ee"]),
  NK: shape(responder, ["e", "es"], ["e", "ee"]),
  NX: shape(none, ["e"], ["e", "ee", "s", "es"]),
  KN: shape(initiator, ["e"], ["e", "ee", "se"]),
  KK,
  KX: shape(initiator, ["e"], ["e", "ee", "se", "s", "es"]),
  XN: shape(none, ["e"], ["e", "ee"], ["s", "se"]),
  XK: shape(responder, ["e", "es"], ["e", "ee"], ["s", "se"]),
  XX,
  IN: shape(none, ["e", "s"], ["e", "ee", "se"]),
  IK: shape(responder, ["e", "es", "s", "ss"], ["e", "ee", "se"]),
  IX: shape(none, ["e", "s"], ["e", "ee", "se", "s", "es"]),

  // Section 18.1.
  NK1: shape(responder, ["e"], ["e", "ee", "es"]),
  NX1: shape(none, ["e"], ["e", "ee", "s"], ["es"]),
  X1N: shape(none, ["e"], ["e", "ee"], ["s"], ["se"]),
  X1K: shape(responder, ["e", "es"], ["e", "ee"], ["s"], ["se"]),
  XK1: shape(responder, ["e"], ["e", "ee", "es"], ["s", "se"]),
  X1K1: shape(responder, ["e"], ["e", "ee", "es"], ["s"], ["se"]),
  X1X: shape(none, ["e"], ["e", "ee", "s", "es"], ["s"], ["se"]),
  XX1: shape(none, ["e"], ["e", "ee", "s"], ["es", "s", "se"]),
  X1X1: shape(none, ["e"], ["e", "ee", "s"], ["es", "s"], ["se"]),
  K1N: shape(initiator, ["e"], ["e", "ee"], ["se"]),
  K1K: shape(both, ["e", "es"], ["e", "ee"], ["se"]),
  KK1: shape(both, ["e"], ["e", "ee", "se", "es"]),
  K1K1: shape(both, ["e"], ["e", "ee", "es"], ["se"]),
  K1X: shape(initiator, ["e"], ["e", "ee", "s", "es"], ["se"]),
  KX1: shape(initiator, ["e"], ["e", "ee", "se", "s"], ["es"]),
  K1X1: shape(initiator, ["e"], ["e", "ee", "s"], ["se", "es"]),
  I1N: shape(none, ["e", "s"], ["e", "ee"], ["se"]),
  I1K: shape(responder, ["e", "es", "s"], ["e", "ee"], ["se"]),
  IK1: shape(responder, ["e", "s"], ["e", "ee", "se", "es"]),
  I1K1: shape(responder, ["e", "s"], ["e", "ee", "es"], ["se"]),
  I1X: shape(none, ["e", "s"], ["e", "ee", "s", "es"], ["se"]),
  IX1: shape(none, ["e", "s"], ["e", "ee", "se", "s"], ["es"]),
  I1X1: shape(none, ["e", "s"], ["e", "ee", "s"], ["se", "es"]),
};

/** The names of all patterns without modifiers. */
export const PATTERN_NAMES: readonly string[] = Object.keys(patterns);

const PATTERN_NAME = /^([NKXI1]+)((?:psk\d)(?:\+psk\d)*)?$/;

const unknownPattern = (): MasqError =>
  new MasqError("MASQ_INTERNAL", "There is no Noise handshake pattern of this name.");

/** The pattern of a name like "XX", "IKpsk2" or "NNpsk0+psk2" (section 8). */
export const parsePatternName = (name: string): HandshakePattern => {
  const [, base = "", modifiers = ""] = PATTERN_NAME.exec(name) ?? [];
  const found = patterns[base];
  if (found === undefined) throw unknownPattern();
  const messages = found.messages.map((tokens) => [...tokens]);
  let last = -1;
  for (const modifier of modifiers.split("+")) {
    if (modifier === "") continue;
    const position = Number(modifier.slice("psk".length));
    // Sorted and each once (section 8.1), or two spellings would be two protocols.
    if (position <= last) throw unknownPattern();
    last = position;
    // psk0 stands at the beginning of the first message, pskN at the end of the N-th (section 9.4).
    const message = messages[Math.max(position - 1, 0)];
    if (message === undefined) throw unknownPattern();
    if (position === 0) message.unshift("psk");
    else message.push("psk");
  }
  return namedPattern(name, { knownStatics: found.knownStatics, messages });
};
