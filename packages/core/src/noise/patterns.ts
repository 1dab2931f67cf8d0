/**
 * What a handshake pattern is, and the two of Noise revision 34 (section 7.5) that the local protocol uses. A further kind of
 * token is one more member of `Token`, which breaks the build at the two places in handshake.ts that must handle it.
 * Masq's own patterns with a key encapsulation are in hybrid.ts; all others of the specification, by which handshake.ts is
 * tested, in all-patterns.ts, so that no page loads them.
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

export type Shape = Omit<HandshakePattern, "protocolName">;

/** With the algorithms that all of Masq's handshakes have. */
export const namedPattern = (name: string, shape: Shape): HandshakePattern => ({
  protocolName: `Noise_${name}_25519_ChaChaPoly_SHA256`,
  ...shape,
});

/** Both know each other. */
export const KK: HandshakePattern = namedPattern("KK", {
  knownStatics: ["initiator", "responder"],
  messages: [
    ["e", "es", "ss"],
    ["e", "ee", "se"],
  ],
});

/** Both tell each other who they are. */
export const XX: HandshakePattern = namedPattern("XX", {
  knownStatics: [],
  messages: [["e"], ["e", "ee", "s", "es"], ["s", "se"]],
});
