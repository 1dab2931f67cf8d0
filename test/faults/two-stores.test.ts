/** Two people's stores on one computer: an app that was granted access by one asks nothing of the other. */
import { join } from "node:path";
import type { NamespaceId } from "@masq/core";
import { startStore, type Store } from "@masq/store";
import { describe, expect, it, onTestFinished } from "vitest";
import { platform } from "../../packages/client/src/platform/node.ts";
import type { Attachment } from "../../packages/client/src/link/source.ts";
import {
  storeSource,
  type StoreSourceOptions,
} from "../../packages/client/src/store-mode/attach.ts";
import { joinAsAdmin, requestOf, stateOf } from "../support/raw-app.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const directory = temporaryDirectory();
const ID = "org.example.shared-computer";

const attach = (options: StoreSourceOptions): Promise<Attachment> =>
  storeSource(options).attach({
    isFirst: true,
    signal: undefined,
    silenceMs: 10_000,
    handlers: { event: () => {}, close: () => {}, silent: () => {}, ended: () => {} },
  });

const newStore = async (name: string, allow: readonly string[]): Promise<Store> => {
  const store = await startStore({ directory: join(directory, name), port: 0, allow: [...allow] });
  onTestFinished(() => store.stop());
  return store;
};

describe("an app on a computer with two stores", () => {
  it("asks the store it knows for more, not the one that answers first", async () => {
    const [other, own] = [await newStore("other", []), await newStore("own", [ID])];
    const identity = `app:${ID}` as NamespaceId;
    const credentials = await platform.openCredentials(identity, join(directory, "app"));
    const options = (stores: readonly Store[], namespace: NamespaceId): StoreSourceOptions => ({
      platform,
      app: { identity, appId: ID, name: "Shared" },
      credentials,
      namespace,
      instance: platform.host.random(16),
      urls: stores.map(({ port }) => `ws://127.0.0.1:${port}`),
      onConsent: () => {},
      patienceMs: 30_000,
    });
    const first = await attach(options([own], identity));
    first.session.close(1000);

    const [otherAdmin, ownAdmin] = [
      await joinAsAdmin(other.directory, other.port),
      await joinAsAdmin(own.directory, own.port),
    ];
    const before = await stateOf(otherAdmin);
    const more = attach(options([other, own], "app:org.example.more" as NamespaceId));
    more.catch(() => {});
    const { code } = await requestOf(ownAdmin, identity);
    expect(await stateOf(otherAdmin)).toEqual(before);
    await ownAdmin.call("admin.allow", [identity, code]);
    (await more).session.close(1000);

    const lost = attach({
      ...options([other], "app:org.example.third" as NamespaceId),
      credentials: { ...credentials, grant: credentials.grant },
    });
    await expect(lost).rejects.toMatchObject({ code: "MASQ_STORE_MISMATCH" });
    await Promise.all([otherAdmin.close(), ownAdmin.close()]);
  });
});
