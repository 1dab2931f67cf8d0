/** MasqClient on Node: node:crypto, the `ws` library, and credentials in files of mode 0600. */
import { existsSync } from "node:fs";
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
import { databaseFile, DEFAULT_DIRECTORY, grantFile, isOurs, keyFile } from "./node-files.ts";
import type { Platform, StoreGrant } from "./platform.ts";

const readGrant = async (file: string): Promise<StoreGrant | undefined> => {
  const bytes = await readPrivateFile(file);
  if (bytes === undefined) return undefined;
  try {
    const { keyId, storeKey, adoption } = JSON.parse(fromUtf8(bytes)) as Record<string, string>;
    const grant = { keyId: fromHex(keyId as string), storeKey: fromHex(storeKey as string) };
    return adoption === "unfinished" || adoption === "untold" ? { ...grant, adoption } : grant;
  } catch (cause) {
    throw new MasqError(
      "MASQ_DIRECTORY_INVALID",
      `The grant in ${file} is damaged. Remove it and ask for access again; the data in the store are safe.`,
      { cause },
    );
  }
};

const grantText = ({ keyId, storeKey, adoption }: StoreGrant): string =>
  `${JSON.stringify({ keyId: toHex(keyId), storeKey: toHex(storeKey), adoption })}\n`;

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

  looksForStore: true,

  readGrant: (identity, directory = DEFAULT_DIRECTORY) => readGrant(grantFile(directory, identity)),

  async hasOwnData(identity, directory = DEFAULT_DIRECTORY) {
    return existsSync(databaseFile(directory, identity));
  },

  async openCredentials(identity, directory = DEFAULT_DIRECTORY) {
    await preparePrivateDirectory(directory, isOurs);
    const ownKeyFile = keyFile(directory, identity);
    const ownGrantFile = grantFile(directory, identity);
    const privateKey = await readOrCreatePrivateFile(ownKeyFile, () =>
      generatePrivateKey(nodeHost.random),
    );
    if (privateKey.length !== DH_BYTES) {
      throw new MasqError(
        "MASQ_DIRECTORY_INVALID",
        `The app's key in ${ownKeyFile} is damaged. Remove it and ask for access again; the data in the store are safe.`,
      );
    }
    let grant = await readGrant(ownGrantFile);
    return {
      key: softwareKey(nodePrimitives, privateKey),
      get grant() {
        return grant;
      },
      async saveGrant(next) {
        if (next === undefined) await removePrivateFile(ownGrantFile);
        else await writePrivateFile(ownGrantFile, utf8(grantText(next)));
        grant = next;
      },
    };
  },
};
