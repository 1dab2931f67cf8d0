/**
 * A handshake pattern of Noise revision 34 as data, and the two that Masq uses as they are (section 7.5). A further kind of
 * token is one more member of `Token`, which breaks the build at the two places in handshake.ts that must handle it.
 */

export type Role = "initiator" | "responder";

/** A Diffie-Hellman token: first the initiator's key, then the responder's (section 5.3). */
export type DhToken = "ee" | "es" | "se" | "ss";

/** A key encapsulation between ephemeral keys: its public key, then its ciphertext (kem-exchange.ts). */
export type KemToken = "e1" | "ekem1";

/** What a message pattern is made of (sections 7.1 and 9.2). */
export type Token = "e" | "s" | "psk" | DhToken | KemToken;

export interface HandshakePattern {
  /** With the names of the pattern, its modifiers and the algorithms (section 8). */
  readonly protocolName: string;
  /** Whose static key the other side knows before the first message (the pre-messages). */
  readonly knownStatics: readonly Role[];
  /** In turn, the initiator's first (section 7.2: Alice is the initiator in all of these). */
  readonly messages: readonly (readonly Token[])[];
}

export const protocolName = (pattern: string): string => `Noise_${pattern}_25519_ChaChaPoly_SHA256`;

export const XX: HandshakePattern = {
  protocolName: protocolName("XX"),
  knownStatics: [],
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
};

export const KK: HandshakePattern = {
  protocolName: protocolName("KK"),
  knownStatics: ["initiator", "responder"],
  messages: [
    ["e", "es", "ss"],
    ["e", "ee", "se"],
  ],
};
