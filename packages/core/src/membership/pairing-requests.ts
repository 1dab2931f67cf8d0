/**
 * The requests by which a person pairs a device over a connection of the local protocol: `admin.*` from a store's
 * command line, `peer.*` from an app that holds its data itself. One pairing at a time for each connection, which ends
 * with it: nobody could confirm it any more.
 */
import { equalBytes } from "../crypto/constant-time.ts";
import { utf8 } from "../bytes/bytes.ts";
import { toMasqError } from "../defects.ts";
import { MasqError } from "../errors.ts";
import type { Member } from "../circle/device-log.ts";
import { asFlag, asText } from "../local/fields.ts";
import type { Confirm, PairingPeer } from "../pairing/agreement.ts";
import type { PendingInvitation } from "../pairing/inviter.ts";
import type { PendingJoin } from "../pairing/joiner.ts";
import { memberItem } from "./device-items.ts";

export interface PairingRequestsOptions {
  /** `params` are those of the request: what the invitation is for, where there is a choice. */
  readonly invite: (confirm: Confirm, params: unknown) => Promise<PendingInvitation>;
  readonly join: (
    link: string,
    confirm: Confirm,
  ) => Promise<PendingJoin & { readonly syncService: string }>;
  readonly hasSyncService: () => boolean;
  /** Keeps the sync service of an invitation for a device that had none. */
  readonly adoptSyncService: (url: string) => Promise<void>;
  /**
   * Whether whoever opened a link has to type the digits that the other device shows, instead of a yes: then they are
   * not told here. Default: never.
   */
  readonly mustType?: () => Promise<boolean>;
  readonly emit: (name: string, data: unknown) => void;
}

interface Pairing {
  readonly cancel: () => void;
  answer: ((answer: boolean | string) => void) | undefined;
}

export class PairingRequests {
  readonly #options: PairingRequestsOptions;
  #pairing: Pairing | undefined;

  constructor(options: PairingRequestsOptions) {
    this.#options = options;
  }

  /** Whoever asked for the pairing has gone. */
  close(): void {
    this.#pairing?.cancel();
  }

  /** -> `{ link, expiresInMs }`; `pairing` events follow. */
  async invite(params: unknown): Promise<{ readonly link: string; readonly expiresInMs: number }> {
    this.#requireIdle();
    const { text, expiresInMs, done, cancel } = await this.#options.invite(
      (peer) => this.#ask(peer, false),
      params,
    );
    this.#follow(done, cancel);
    return { link: text, expiresInMs };
  }

  /** `link` -> `{ syncService }`, where the other device is met; `pairing` events follow. */
  async join(params: unknown): Promise<{ readonly syncService: string }> {
    this.#requireIdle();
    const { join, hasSyncService, adoptSyncService, mustType } = this.#options;
    const link = asText(params, "an invitation");
    const { syncService, done, cancel } = await join(link, async (peer) =>
      this.#ask(peer, (await mustType?.()) ?? false),
    );
    const paired = done.then(async (member) => {
      if (!hasSyncService()) await adoptSyncService(syncService);
      return member;
    });
    this.#follow(paired, cancel);
    return { syncService };
  }

  /** The person's yes or no to the last `confirm` event, or the digits typed, which are a yes if they are right. */
  async confirm(params: unknown): Promise<null> {
    const answer = typeof params === "string" ? params : asFlag(params, "an answer");
    const pairing = this.#pairing;
    if (pairing?.answer === undefined)
      throw new MasqError("MASQ_NOT_FOUND", "No device waits for an answer. Nothing was done.");
    pairing.answer(answer);
    pairing.answer = undefined;
    return null;
  }

  #requireIdle(): void {
    if (this.#pairing === undefined) return;
    throw new MasqError(
      "MASQ_MESSAGE_INVALID",
      "This connection is pairing a device already. Nothing was done.",
    );
  }

  async #ask(peer: PairingPeer, mustType: boolean): Promise<boolean> {
    const pairing = this.#pairing;
    if (pairing === undefined) return false;
    const answered = new Promise<boolean | string>((resolve) => (pairing.answer = resolve));
    const { device, name, role, scope, isNameTaken, isOwnName, code } = peer;
    this.#options.emit("pairing", {
      event: "confirm",
      device,
      name,
      role,
      scope: scope ?? null,
      nameTaken: isNameTaken,
      ownName: isOwnName,
      code: mustType ? null : code,
    });
    const answer = await answered;
    if (typeof answer === "boolean") return answer && !mustType;
    return equalBytes(utf8(answer.replaceAll(/\s/g, "")), utf8(code));
  }

  #follow(done: Promise<Member>, cancel: () => void): void {
    this.#pairing = { cancel, answer: undefined };
    const { emit } = this.#options;
    done.then(
      (member) => {
        this.#pairing = undefined;
        emit("pairing", { event: "paired", device: memberItem(member) });
      },
      (reason: unknown) => {
        this.#pairing = undefined;
        const { code, message } = toMasqError(reason);
        emit("pairing", { event: "failed", error: [code, message] });
      },
    );
  }
}
