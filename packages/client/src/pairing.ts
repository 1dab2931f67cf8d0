/** Pairing an app's own devices: the public names. */
import { MasqError } from "@masq/core";
import type { Device } from "./device-status.ts";

/** The other device, as the person is asked about it. */
export interface PairingRequest {
  /** As it calls itself: text of somebody else's. */
  readonly name: string;
  /** A store (the Masq of a computer), or this app where it holds its data itself. */
  readonly role: "store" | "app";
  /** Whether one of this device's other devices has the same name. */
  readonly isNameTaken: boolean;
  /** Whether this device has the same name. */
  readonly isOwnName: boolean;
  /** Six digits, the same on both devices, to compare; undefined when they must be typed. */
  readonly code: string | undefined;
  /**
   * There are data here already: the person has to read the six digits off the other device and type them, so that a link
   * alone, mailed by a stranger, gets nothing.
   */
  readonly mustType: boolean;
}

export interface PairingOptions {
  /** Asks the person: true is a yes, or the digits typed; everything else is a no. */
  readonly confirm: (device: PairingRequest) => Promise<boolean | string> | boolean | string;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** An invitation link, good for one use until it expires. Whoever has it can ask to be paired. */
export interface Invitation {
  readonly link: string;
  /** The link as a QR code: an SVG document. */
  readonly qr: string;
  readonly expires: Date;
  /** The device that was paired; rejects with MASQ_INVITATION_EXPIRED, MASQ_PAIRING_…, MASQ_CIRCLE_CONFLICT, MASQ_CLOSED. */
  readonly done: Promise<Device>;
  cancel(): void;
}

export interface Pairing {
  /** Rejects with MASQ_CONFIG_INVALID when the app has no sync service. */
  invite(options: PairingOptions): Promise<Invitation>;
  /** `linkOrCode`: an invitation's link, or what stands behind `#masq=` in it. Rejects with MASQ_INVITATION_INVALID, MASQ_INVITATION_OWN for one of this device's own, or as `done`. */
  accept(linkOrCode: string, options: PairingOptions): Promise<Device>;
}

const inStore = async (): Promise<never> => {
  throw new MasqError(
    "MASQ_OPTION_INVALID",
    "This app keeps its data in a store: its owner pairs stores with `masq invite` and `masq join`. Nothing was done.",
  );
};

export const storePairing: Pairing = { invite: inStore, accept: inStore };
