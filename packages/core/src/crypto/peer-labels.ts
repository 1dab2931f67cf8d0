/** The domain-separation strings of what passes between devices, one per line. Changing one breaks every peer. */

const encoder = new TextEncoder();
const label = (text: string): Uint8Array => encoder.encode(text);

/** First field of a channel's prologue (channel/prologue.ts). */
export const CHANNEL_PROLOGUE_LABEL: Uint8Array = label("masq/e2e");
/** First field of a pairing's prologue (channel/prologue.ts). */
export const PAIRING_PROLOGUE_LABEL: Uint8Array = label("masq/pair");
/** From a handshake to the first keys of the Double Ratchet (channel/key-schedule.ts). */
export const RATCHET_START_LABEL: Uint8Array = label("masq dr v1");
/** A step of the Double Ratchet's root key (channel/key-schedule.ts). */
export const RATCHET_ROOT_LABEL: Uint8Array = label("masq dr root v1");
/** Associated data of a record's header (channel/record.ts). */
export const RECORD_HEADER_LABEL: Uint8Array = label("masq h1");
/** Associated data of a record's body (channel/record.ts). */
export const RECORD_BODY_LABEL: Uint8Array = label("masq b1");
/** What two devices' static keys give, before anything is derived from it (channel/rendezvous.ts). */
export const RENDEZVOUS_ROOT_LABEL: Uint8Array = label("masq rv v1");
/** When in the day a pair's rendezvous ids change (channel/rendezvous.ts). */
export const RENDEZVOUS_OFFSET_LABEL: Uint8Array = label("masq rv offset v1");
/** Where a pair meets (channel/rendezvous.ts). */
export const RENDEZVOUS_ID_LABEL: Uint8Array = label("masq rv id v1");
/** The initiator's side key at a rendezvous (channel/rendezvous.ts). */
export const RENDEZVOUS_INITIATOR_LABEL: Uint8Array = label("masq rv initiator v1");
/** The responder's side key at a rendezvous (channel/rendezvous.ts). */
export const RENDEZVOUS_RESPONDER_LABEL: Uint8Array = label("masq rv responder v1");
/** Where the two devices of a pairing meet (channel/pairing-secret.ts). */
export const PAIRING_ID_LABEL: Uint8Array = label("masq pair room v1");
/** Side keys of the two (channel/pairing-secret.ts): the initiator scans, the responder displays. */
export const PAIRING_INITIATOR_LABEL: Uint8Array = label("masq pair initiator v1");
export const PAIRING_RESPONDER_LABEL: Uint8Array = label("masq pair responder v1");
/** The pre-shared key of a pairing by link (channel/pairing-secret.ts). */
export const PAIRING_PSK_LABEL: Uint8Array = label("masq pair psk v1");
/** The 6 digits compared at pairing (channel/pairing-handshake.ts). */
export const PAIRING_CODE_LABEL: Uint8Array = label("masq pair sas v1");

/** Checksum of an invitation link (pairing/invitation-link.ts). */
export const INVITATION_LABEL: Uint8Array = label("masq invitation v1");

/** A device's id, from its identity key (circle/device-record.ts). */
export const DEVICE_ID_LABEL: Uint8Array = label("masq device v1");
/** A device's signature on its own record (circle/device-record.ts). */
export const DEVICE_RECORD_LABEL: Uint8Array = label("masq record v1");
/** A device's signature on an operation of the log, and the operation's hash (circle/operation.ts). */
export const OPERATION_LABEL: Uint8Array = label("masq devlog v1");
export const OPERATION_HASH_LABEL: Uint8Array = label("masq devlog hash v1");
/** Hash of a log's heads (circle/device-log.ts). */
export const LOG_HEADS_LABEL: Uint8Array = label("masq devlog heads v1");
/** A device's signature on the id of one of its replicas (membership/replica-announcement.ts). */
export const REPLICA_ANNOUNCEMENT_LABEL: Uint8Array = label("masq replica v1");
/** A store's signature on the id of a replica it knows from another circle (membership/replica-announcement.ts). */
export const REPLICA_VOUCHING_LABEL: Uint8Array = label("masq vouched replica v1");
