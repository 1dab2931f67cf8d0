/** MasqClient on Node: node:crypto, the `ws` library, and credentials in files of mode 0600. */
import { join } from "node:path";
import {
  DH_BYTES,
  fromUtf8,
  generatePrivateKey,
  MasqError,
  ownNamespace,
  softwareKey,
  toHex,
  fromHex,
  utf8,
} from "@masq/core";
import {
  nodeHost,
  nodePrimitives,
  openWebSocket,
  preparePrivateDirectory,
  readOrCreatePrivateFile,
  readPrivateFile,
  removePrivateFile,
  writePrivateFile,
} from "@masq/node";
import type { Platform, StoreGrant } from "./platform.ts";

const readGrant = async (file: string): Promise<StoreGrant | undefined> => {
  const bytes = await readPrivateFile(file);
  if (bytes === undefined) return undefined;
  try {
    const { keyId, storeKey } = JSON.parse(fromUtf8(bytes)) as Record<string, string>;
    return { keyId: fromHex(keyId as string), storeKey: fromHex(storeKey as string) };
  } catch (cause) {
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The grant in ${file} is damaged. Remove it and ask for access again; the data in the store are safe.`,
      { cause },
    );
  }
};

const grantText = ({ keyId, storeKey }: StoreGrant): string =>
  `${JSON.stringify({ keyId: toHex(keyId), storeKey: toHex(storeKey) })}\n`;

export const platform: Platform = {
  host: nodeHost,
  openSocket: openWebSocket,

  identify(appId = "") {
    const identity = ownNamespace(undefined, appId);
    if (identity === undefined) {
      throw new MasqError(
        "MASQ_OPTION_INVALID",
        "A native app names itself in app.id by a reverse domain name, such as org.example.favourites.",
      );
    }
    return { identity, appId };
  },

  async openCredentials(identity, directory = ".masq") {
    await preparePrivateDirectory(directory, (name) => name.endsWith(".key"));
    const name = identity.replace(/^app:/, "");
    const keyFile = join(directory, `${name}.key`);
    const grantFile = join(directory, `${name}.grant`);
    const privateKey = await readOrCreatePrivateFile(keyFile, () =>
      generatePrivateKey(nodeHost.random),
    );
    if (privateKey.length !== DH_BYTES) {
      throw new MasqError(
        "MASQ_DIRECTORY_INVALID",
        `The app's key in ${keyFile} is damaged. Remove it and ask for access again; the data in the store are safe.`,
      );
    }
    let grant = await readGrant(grantFile);
    return {
      key: softwareKey(nodePrimitives, privateKey),
      get grant() {
        return grant;
      },
      async saveGrant(next) {
        if (next === undefined) await removePrivateFile(grantFile);
        else await writePrivateFile(grantFile, utf8(grantText(next)));
        grant = next;
      },
    };
  },
};
